"""Trains small SentencePiece models and writes what they make of hostile texts: python3 sentencepiece_cases.py FOLDER [--texts N]

Needs sentencepiece (made with 0.2.2). FOLDER/NAME gets spm.model and cases.jsonl.gz. Texts are those of tokenizer_cases.py.
"""
import argparse
import gzip
import io
import json
import os
import random

import sentencepiece

import tokenizer_cases

OPTIONS = {
    "unigram": dict(model_type="unigram", vocab_size=600),
    "unigram-user": dict(model_type="unigram", vocab_size=900, user_defined_symbols=["<mask>", "New York", "hot", "▁the"], control_symbols=["<tool>"], byte_fallback=True),
    "unigram-suffix": dict(model_type="unigram", vocab_size=600, treat_whitespace_as_suffix=True, normalization_rule_name="nfkc_cf"),
    "unigram-plain": dict(model_type="unigram", vocab_size=600, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False, unk_surface="?"),
    "bpe": dict(model_type="bpe", vocab_size=800),
    "bpe-user": dict(model_type="bpe", vocab_size=1000, user_defined_symbols=["<mask>", "hot", "  ", "é"], byte_fallback=True, remove_extra_whitespaces=False, normalization_rule_name="identity"),
    "bpe-suffix": dict(model_type="bpe", vocab_size=800, treat_whitespace_as_suffix=True, normalization_rule_name="nmt_nfkc_cf", split_digits=True),
    "bpe-spaces": dict(model_type="bpe", vocab_size=800, normalization_rule_name="nmt_nfkc", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_by_whitespace=False),
}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--texts", type=int, default=40)
    a = p.parse_args()
    every = tokenizer_cases.texts(random.Random(1), max(400, a.texts))
    for name, options in OPTIONS.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(tokenizer_cases.CORPUS), model_writer=model, character_coverage=0.99, hard_vocab_limit=False,
                                                 minloglevel=2, **options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        folder = os.path.join(a.folder, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "spm.model"), "wb") as f:
            f.write(model.getvalue())
        rng = random.Random(name)
        texts = every if a.texts >= len(every) else rng.sample(every, a.texts)
        with open(os.path.join(folder, "cases.jsonl.gz"), "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as f:
            for text in texts:
                ids = processor.encode(text)
                noise = [rng.randrange(processor.get_piece_size()) for _ in range(6)]
                row = dict(text=text, ids=ids, pieces=[processor.id_to_piece(i) for i in ids], decoded=processor.decode(ids), noise=noise, noise_decoded=processor.decode(noise))
                f.write((json.dumps(row, separators=(",", ":")) + "\n").encode())


main()
