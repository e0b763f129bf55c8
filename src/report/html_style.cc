#include "report/html_page.h"

namespace qwenfit {

std::string_view html_style() {
  return R"(
:root{color-scheme:light dark;--page:#fff;--ink:#1a1d21;--soft:#555c65;--line:#d3d7dc;--panel:#f4f5f7;
--good:#17663a;--caution:#855000;--bad:#b3261e;--c0:#2563a8;--c1:#c2640c;--c2:#2e8055;--c3:#b0307a;--c4:#7556ba;
--c5:#86691c;--c6:#566a7c;--c7:#7d8893}
@media screen and (prefers-color-scheme:dark){:root{--page:#15181c;--ink:#e7eaee;--soft:#a7afb9;--line:#3a4048;
--panel:#1f242a;--good:#6fd39a;--caution:#f0b45c;--bad:#ff8f85;--c0:#6aa8ec;--c1:#f2a14a;--c2:#63c592;--c3:#ec86c0;
--c4:#b6a0ec;--c5:#d3b95f;--c6:#9cb1c4;--c7:#c3cbd3}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1rem 3rem;max-width:72rem;background:var(--page);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
overflow-wrap:break-word;-webkit-text-size-adjust:100%;text-size-adjust:100%}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.25rem;line-height:1.3;margin:2.25rem 0 .5rem;padding-top:.5rem;border-top:2px solid var(--line)}
h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
p{margin:.5rem 0}
p,li,figure{max-width:60rem}
ul{margin:.5rem 0;padding-left:1.25rem}
li{margin:.25rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.lead{font-size:1.1rem;font-weight:600}
.soft,footer{color:var(--soft);font-size:.9rem}
.good{color:var(--good)}
.caution{color:var(--caution)}
.bad{color:var(--bad)}
.scroll{overflow-x:auto;margin:.75rem 0}
.scroll:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;min-width:min(100%,24rem)}
caption{text-align:left;color:var(--soft);padding:.25rem 0;font-size:.9rem}
caption span{display:inline-block;position:sticky;left:0;max-width:min(60rem,calc(100vw - 2rem))}
th,td{padding:.3rem .4rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}
thead th{white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:400}
thead th:first-child,tbody th{position:sticky;left:0;background:var(--page)}
.unit{display:block;font-weight:400;color:var(--soft);font-size:.85em}
.num{text-align:right;white-space:nowrap}
.word{white-space:nowrap}
.text{max-width:28rem;min-width:7rem}
.marked,.marked th{background:var(--panel)}
.marked th{font-weight:700}
pre{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.75rem;margin:.5rem 0;
white-space:pre-wrap;overflow-wrap:anywhere;font:.9rem/1.5 ui-monospace,"Cascadia Mono","DejaVu Sans Mono",monospace;
user-select:all;-webkit-user-select:all}
figure{margin:1rem 0}
figcaption{font-weight:600;margin-bottom:.35rem}
svg{display:block;overflow:visible}
svg text{fill:var(--soft);font-size:12px}
svg .name{fill:var(--ink)}
.plot{width:calc(100% - 4.25rem);margin:1.75rem 1rem 3rem 3.25rem}
.bars{width:calc(100% - 1.5rem);margin:.5rem .75rem 2.75rem}
.axis{stroke:var(--line);stroke-width:1}
.limit{stroke:var(--ink);stroke-width:2}
.free{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}
.line{fill:none;stroke-width:2}
.band{stroke:none;opacity:.18}
.beaten{fill:none;stroke:var(--soft);stroke-width:1.2}
.unsure{fill:var(--page);stroke:var(--c1);stroke-width:2}
.front{fill:var(--c0);stroke:var(--page);stroke-width:1}
.pick{fill:var(--c2);stroke:var(--ink);stroke-width:2}
.step{fill:none;stroke:var(--c0);stroke-width:1.5}
.dash1{stroke-dasharray:7 4}
.range{stroke-width:4;opacity:.45}
.seg{stroke:var(--page);stroke-width:1}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:.25rem 0;padding:0;font-size:.9rem}
.key li{display:flex;align-items:center;gap:.4rem;margin:0}
.key svg{flex:none}
.k0{fill:var(--c0)}.k1{fill:var(--c1)}.k2{fill:var(--c2)}.k3{fill:var(--c3)}.k4{fill:var(--c4)}.k5{fill:var(--c5)}
.k6{fill:var(--c6)}.k7{fill:var(--c7)}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}
.s5{stroke:var(--c5)}.s6{stroke:var(--c6)}.s7{stroke:var(--c7)}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.75rem}
@media (max-width:40rem){h1{font-size:1.35rem}table{font-size:.85rem}th,td{padding:.25rem .4rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}.text{min-width:11rem}}
@media print{thead th:first-child,tbody th{position:static;background:none}caption span{max-width:none;position:static}body{max-width:none;padding:0;font-size:10pt}table{font-size:8pt}th,td{padding:.15rem .3rem}
.scroll{overflow:visible}.text{min-width:0}.word{white-space:normal}h2,h3,figcaption,caption{break-after:avoid}
figure,tr,pre,li{break-inside:avoid}thead{display:table-header-group}}
)";
}

}  // namespace qwenfit
