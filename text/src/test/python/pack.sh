#!/bin/bash
# Makes src/test/resources/dev/lanewise/text anew: pack.sh, in the folder of the module. Needs what the scripts beside it need.
set -e
here=$(dirname "$(realpath "$0")")
out=$here/../resources/dev/lanewise/text
work=$(mktemp -d)
export RAYON_NUM_THREADS=1
python3 "$here/tokenizer_cases.py" "$work/all/tokenizers" --texts 24 --batches 3
python3 "$here/sentencepiece_cases.py" "$work/spm" --texts 40
mkdir "$work/all/sentencepiece"
for model in unigram-user unigram-plain bpe-user; do cp -r "$work/spm/$model" "$work/all/sentencepiece/"; done
find "$work/all" -name '*.gz' -exec gunzip {} \;
(cd "$work/all" && python3 -m zipfile -c "$out/cases.zip" sentencepiece tokenizers)
python3 "$here/template_cases.py" "$out/templates.jsonl.gz"
rm -r "$work"
