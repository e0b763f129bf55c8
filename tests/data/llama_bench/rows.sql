CREATE TABLE IF NOT EXISTS llama_bench (
  build_commit TEXT
);

INSERT INTO llama_bench (build_commit) VALUES ('8cf427ff');
