#pragma once

#include <span>
#include <string>
#include <vector>

#include "advise/buy.h"
#include "report/grid.h"
#include "report/json_writer.h"

/// What the printers of machines to buy have in common.
namespace qwenfit {

/// Whole USD, with cents below 10.
std::string usd(double amount);
std::string usd_cell(std::optional<double> amount);
/// Two digits that count: energy, costs, factors.
std::string two_digits(double value);
/// `650-850`; one amount where both ends are one.
std::string usd_range(const UsdRange& cost);
/// `used 2026-05`, or `guide 2026-04` where a buying guide alone says so; with the marks `!` for a stale
/// price and `?` for a doubtful source.
std::string price_words(const Price& price);
std::string price_words(const Offer& offer);
/// The field `price_each`.
void write_price_each(JsonWriter& w, const std::optional<Price>& price);
/// What the marks mean, what the prices are of and which drivers end, of the offers that were shown.
std::vector<std::string> price_notes(std::vector<const Offer*> shown);
/// `card`, `2 cards`, `card of 2 GPUs`, `module`, `computer`.
std::string sold_words(const Offer& offer);
/// What rows that use system RAM leave out; nothing where none does.
std::vector<std::string> ram_notes(const std::vector<const Candidate*>& shown);
/// ` with 8,192 tokens of context`, or that each has its largest.
std::string context_words(const Candidate& machine);
/// The column of the largest context: of the given rank, but never left out where it is the one asked for.
Column max_context_column(const Candidate& machine, unsigned rank);

/// Columns and cells of name, price, and what a build of one model does.
std::vector<Column> offer_columns();
std::vector<Cell> offer_cells(const Offer& offer);

/// Of every column that is a figure of one answer in the CSV forms, and of an offer and an answer.
std::vector<Column> market_csv_columns(const std::vector<std::string>& before);
std::vector<Cell> market_csv_cells(const Offer& offer, const Answer& answer);
/// As many digits as it takes to read the same number back; empty when there is none.
std::string exact_number(const std::optional<double>& value);

}  // namespace qwenfit
