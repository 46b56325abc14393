"""Makes small tokenizers of every component and flag, and what the tokenizers library does with hostile texts.

    python3 tokenizer_cases.py FOLDER [--texts N] [--seed S]

Needs tokenizers (made with 0.23.2). FOLDER/NAME gets tokenizer.json, cases.jsonl.gz, batches.jsonl.gz. The texts that models are
trained on are in this file.
"""
import argparse
import gzip
import json
import os
import random
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = """The quick brown fox jumps over the lazy dog; it's what foxes do, isn't it?
She said "we'll see", and they've seen 1234567 of 8.90 things since 2019.
Numbers such as 3.14, 2,718 and 0x1F are not words, but code is: for (int i = 0; i < n; i++) { sum += a[i]; }
Der Straßenbahnfahrer fährt über die Brücke, während Kinder Äpfel essen.
Où est la bibliothèque ? Là-bas, près du château, où l'été n'en finit pas.
El niño comió piñas y señaló el camino; ¿quién lo diría? ¡Nadie!
Привет, мир! Сегодня хорошая погода, и мы идём гулять в парк.
Το γρήγορο αλεπού πηδάει πάνω από το τεμπέλικο σκυλί.
今天天气很好,我们去公园散步吧。学习机器学习很有意思。
今日は天気がいいので、公園を散歩しましょう。カタカナとひらがな。
안녕하세요, 오늘 날씨가 좋네요. 공원에 갑시다.
السلام عليكم، كيف حالك اليوم؟ שלום עולם, מה שלומך היום?
नमस्ते दुनिया, आज मौसम अच्छा है। สวัสดีชาวโลก วันนี้อากาศดี
Emoji \U0001F600 and families \U0001F468\u200D\U0001F469\u200D\U0001F467 and flags \U0001F1E9\U0001F1EA are characters as well.
tokenizer tokenizers tokenize tokenized tokenization words wordpiece pieces piece by piece, again and again and again
""".splitlines()

NASTY = [
    "", " ", "  ", "\n", "\t \n\r\n ", "a", "\u0301", "e\u0301", "\u0301\u0301a", "\x00", "a\x00b", "\ufffd", "\ufeffx", "\u00ad",
    "\u200b\u200d\u2060", "\u2028\u2029\x85", "\x1c\x1d", "İıŞ", "ß ẞ ſ K Å", "ŉ ǰ ﬁ ﬀ ﬃ", "Ａｂｃ１２３", "①②³½Ⅷ", "\u1100\u1161\u11a8 가각",
    "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "\U0001F1E9\U0001F1EA\U0001F1EB", "👍🏽👍", "\u202eabc\u202c", "שָׁלוֹם", "مُحَمَّد",
    "क्षि", "กำ", "\u0e33", "a\u0345\u0323\u0301\u0334\u0300b", "\u0958\u0929", "\u2126\u212b", "\uf900\ufa0e", "\U0002f800", "\U0010ffff",
    "\ue000", "...!!!???", "'s'S'LL 'll 're'RE 'd'D'ſ", "don't DON'T", "   leading", "trailing   ", "a  b   c", "a\r\nb\r\rc\n\n\nd", "▁▁a▁ b",
    "<s></s><unk><pad>", "[CLS] [SEP] [MASK]", "<mask>a<mask> <mask>\n<mask>", "x" * 130, "ab" * 120, "1" * 50, "😀" * 30, "word " * 40,
    "Ġ Ġa ĠĠ", "##ing ##", "<0x41><0x0A>", "\u3000全角　空白", "ｶﾞｷﾞ", "한글\u3131", "\u0600a\u06dd", "\u0d4eക", "𝒳𝓎𝓏", "~`^$+=|<>", "“quotes” ‘single’ «guillemets»",
    "a_b-c.d,e;f", "http://example.com/?q=1&r=2#x", "user@example.com", "C:\\path\\to", "\u0130stanbul", "ΑΣΑΣ", "ǅ ǆ", "\u1e9b\u0323", "\u0f73\u0f71",
]


def texts(rng, n):
    words = [w for line in CORPUS for w in line.split()]
    pools = [(0x20, 0x7e), (0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x52f), (0x590, 0x6ff), (0x900, 0x97f), (0xe00, 0xe7f), (0x1100, 0x11ff),
             (0x1e00, 0x1fff), (0x2000, 0x2fff), (0x3000, 0x30ff), (0x4e00, 0x4e80), (0xac00, 0xac80), (0xf900, 0xfaff), (0xfb00, 0xffef),
             (0x10400, 0x1044f), (0x1d400, 0x1d7ff), (0x1f000, 0x1f9ff), (0x2f800, 0x2fa1d)]
    out = list(NASTY) + list(CORPUS)
    added = ["<mask>", "<s>", "</s>", "[CLS]", "[SEP]", "<tool>", "hot", "Dog", "  ", "New York", "naïve", "\n\n", "é"]
    while len(out) < n:
        kind = rng.randrange(4)
        parts = []
        for _ in range(rng.randrange(1, 12)):
            if kind == 0:
                parts.append(rng.choice(words))
            elif kind == 1:
                lo, hi = rng.choice(pools)
                parts.append("".join(c for c in (chr(rng.randint(lo, hi)) for _ in range(rng.randrange(1, 6)))
                                     if unicodedata.category(c) not in ("Cn", "Cs")))
            elif kind == 2:
                parts.append(rng.choice(added) if rng.random() < 0.4 else rng.choice(words)[:rng.randrange(1, 5)])
            else:
                parts.append(rng.choice(NASTY)[:20])
            parts.append(rng.choice(["", "", " ", "  ", "\n", "\t", "-", "'", "\u0301", "\u200d"]))
        out.append("".join(parts))
    return out[:n] if n < len(out) else out


def bpe(**kw):
    vocab = kw.pop("size", 400)
    byte_level = kw.pop("byte_level", False)
    specials = kw.pop("specials", ["<unk>", "<s>", "</s>"])
    alphabet = pre_tokenizers.ByteLevel.alphabet() if byte_level else []
    keep = {k: kw[k] for k in ("continuing_subword_prefix", "end_of_word_suffix") if k in kw}
    t = Tokenizer(models.BPE(**kw))
    return t, trainers.BpeTrainer(vocab_size=vocab, special_tokens=specials, initial_alphabet=alphabet, show_progress=False, **keep)


def with_bytes(t, fuse, unk="<unk>"):
    """The trained model once more, with tokens for bytes."""
    j = json.loads(t.to_str())
    vocab = j["model"]["vocab"]
    for b in range(256):
        vocab.setdefault("<0x%02X>" % b, len(vocab))
    j["model"].update(byte_fallback=True, fuse_unk=fuse, unk_token=unk)
    return Tokenizer.from_str(json.dumps(j))


def wordpiece(**kw):
    return Tokenizer(models.WordPiece(unk_token="[UNK]", **kw)), trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)


def unigram():
    return Tokenizer(models.Unigram()), trainers.UnigramTrainer(
        vocab_size=350, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)


def wordlevel():
    return Tokenizer(models.WordLevel(unk_token="[UNK]")), trainers.WordLevelTrainer(
        vocab_size=300, special_tokens=["[UNK]", "[CLS]"], show_progress=False)


def make(model, normalizer=None, pre=None, post=None, decoder=None, added=(), after=None):
    t, trainer = model
    if normalizer:
        t.normalizer = normalizer
    if pre:
        t.pre_tokenizer = pre
    t.train_from_iterator(CORPUS, trainer)
    if after:
        t = after(t)
    if post:
        t.post_processor = post(t)
    if decoder:
        t.decoder = decoder
    for token in added:
        (t.add_special_tokens if token.special else t.add_tokens)([token])
    return t


def template(single, pair, names):
    return lambda t: processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(n, t.token_to_id(n)) for n in names])


def flags():
    return [AddedToken("<mask>", lstrip=True, special=True), AddedToken("<tool>", rstrip=True), AddedToken("hot", single_word=True),
            AddedToken("Dog", normalized=True), AddedToken("DOG", normalized=False), AddedToken("New York", lstrip=True, rstrip=True),
            AddedToken("  ", normalized=False), AddedToken("naïve", normalized=True, single_word=True), AddedToken("\n\n", rstrip=True),
            AddedToken("é", normalized=False, special=True), AddedToken("hotel", normalized=False)]


N, P, D = normalizers, pre_tokenizers, decoders
SPLITS = [r"\s+", r"\w+|[^\w\s]+", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
          r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
          r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
          r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
          r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
          r"\p{N}{1,3}(?=(?:\p{N}{3})*\b)", r"(?<=\s)\S", r"(?<!\w)[a-z]++", r"(?>a|ab)c|b", r"^.|$", r"\Aa|z\z|\Z", r"[\p{Han}\p{Hiragana}\p{Katakana}]+",
          r"[[:punct:]&&[^.]]", r"[^[:alpha:]\d]", r"(\w)\1", r"a{2,3}?|b{2}+|c{,2}d", r"\R|\h+", r"x*", r"\w\B\w|\b", r"(?i)bär|ÄPFEL|k", r"(?m:.)(?-m:.)", r"\u4eca|\x{5929}|\x41", r"é|[а-яё]+", r"(?x) a b # c",
          r" ?[^(\s|[.,!?…。，、।۔،])]+", r"\p{^L}", r"\P{L}+?\p{L}", r"(?:a|e|i)*?t", r"(?:(?:a|b)*c)?+d|"]


def tokenizers():
    gpt2 = dict(byte_level=True, specials=["<|end|>"])
    yield "bpe-plain", make(bpe(unk_token="<unk>"), pre=P.Whitespace(), decoder=D.BPEDecoder(), added=flags())
    yield "bpe-fused", make(bpe(unk_token="<unk>", fuse_unk=True), N.NFKC(), P.WhitespaceSplit())
    yield "bpe-dropping", make(bpe(size=200, specials=[]), pre=P.WhitespaceSplit(), decoder=D.Fuse())
    yield "bpe-suffix", make(bpe(unk_token="<unk>", end_of_word_suffix="</w>"), N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]),
                             P.Sequence([P.Split(Regex(SPLITS[4].replace("| ?", "|")), "removed", invert=True), P.Digits(individual_digits=True)]), decoder=D.BPEDecoder())
    yield "bpe-prefix", make(bpe(unk_token="<unk>", continuing_subword_prefix="##"), pre=P.BertPreTokenizer(), decoder=D.WordPiece())
    yield "bpe-level", make(bpe(**gpt2), pre=P.ByteLevel(add_prefix_space=False), post=lambda t: processors.ByteLevel(trim_offsets=True), decoder=D.ByteLevel(), added=flags())
    yield "bpe-level-prefix", make(bpe(**gpt2), pre=P.ByteLevel(add_prefix_space=True), post=lambda t: processors.ByteLevel(trim_offsets=True, add_prefix_space=True), decoder=D.ByteLevel(), added=flags())
    yield "bpe-level-words", make(bpe(**gpt2), pre=P.Sequence([P.Punctuation("merged_with_next"), P.Digits(), P.ByteLevel(add_prefix_space=True, use_regex=False)]), decoder=D.ByteLevel())
    yield "bpe-level-twice", make(bpe(**gpt2), pre=P.Sequence([P.ByteLevel(add_prefix_space=False), P.FixedLength(3)]), decoder=D.ByteLevel())
    yield "bpe-level-few-bytes", make(bpe(specials=["<|end|>"], size=250), pre=P.ByteLevel(add_prefix_space=False), decoder=D.ByteLevel())
    yield "bpe-level-normalizer", make(bpe(**gpt2), N.Sequence([N.NFD(), N.ByteLevel()]), P.Split(Regex(r"Ġ"), "merged_with_next"), decoder=D.ByteLevel(), added=flags())
    yield "bpe-spm", make(bpe(unk_token="<unk>"), N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), post=template("<s> $A", "<s> $A </s>:1 $B:1", ["<s>", "</s>"]), after=lambda t: with_bytes(t, True),
                          decoder=D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]), added=flags())
    yield "bpe-spm-no-bytes", make(bpe(unk_token="<unk>"), None, P.Metaspace(prepend_scheme="first", split=False), decoder=D.Metaspace(prepend_scheme="first"), added=flags())
    yield "bpe-spm-always", make(bpe(unk_token="<unk>", fuse_unk=True), None, P.Metaspace(prepend_scheme="always", split=True), decoder=D.Metaspace())
    yield "wordpiece", make(wordpiece(), N.BertNormalizer(lowercase=True), P.BertPreTokenizer(), template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ["[CLS]", "[SEP]"]), D.WordPiece(), flags())
    yield "wordpiece-cased", make(wordpiece(max_input_chars_per_word=8), N.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False), P.Sequence([P.WhitespaceSplit(), P.Punctuation()]),
                                  lambda t: processors.BertProcessing(("[SEP]", t.token_to_id("[SEP]")), ("[CLS]", t.token_to_id("[CLS]"))), D.WordPiece(cleanup=False), flags())
    yield "wordpiece-clean", make(wordpiece(), N.BertNormalizer(clean_text=False, lowercase=True, strip_accents=False), P.Whitespace(), None, D.CTC(pad_token="[PAD]", word_delimiter_token="##e"))
    yield "unigram", make(unigram(), N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), P.Metaspace(), template("$A </s>", "$A </s> $B </s>", ["</s>"]), D.Metaspace(), flags())
    yield "unigram-scripts", make(unigram(), N.NFKD(), P.Sequence([P.UnicodeScripts(), P.Metaspace(replacement="_", prepend_scheme="never")]), None, D.Metaspace(replacement="_", prepend_scheme="never"))
    yield "unigram-whole", make(unigram(), N.Sequence([N.Strip(), N.StripAccents()]))
    yield "unigram-sides", make(unigram(), N.Sequence([N.Strip(left=False), N.NFD(), N.StripAccents(), N.Lowercase()]), P.CharDelimiterSplit("e"))
    yield "wordlevel", make(wordlevel(), N.NFD(), P.Punctuation("contiguous"), template("[CLS]:3 $A:2 [CLS]", "$B:1 [CLS] $A $A:5", ["[CLS]"]), D.Sequence([D.WordPiece(), D.Replace(Regex("[aeiou]+"), "*")]))
    yield "wordlevel-roberta", make(wordlevel(), N.NFC(), P.Sequence([P.Split(" ", "merged_with_previous"), P.Split("e", "isolated", invert=True)]),
                                    lambda t: processors.Sequence([processors.RobertaProcessing(("[UNK]", 0), ("[CLS]", 1), trim_offsets=True, add_prefix_space=False)]), D.Fuse(), flags())
    for i, pattern in enumerate(SPLITS):
        for behavior, invert in ((("isolated", False), ("removed", True)) if i % 2 else (("merged_with_next", i % 4 == 0), ("merged_with_previous", False), ("contiguous", False))):
            t, trainer = wordlevel()
            t.pre_tokenizer = P.Split(Regex(pattern), behavior, invert)
            t.train_from_iterator(CORPUS, trainer)
            yield "split-%02d-%s" % (i, behavior.replace("_", "-")), t
    for i, pattern in enumerate(SPLITS):
        if i % 3 == 0:
            t, trainer = wordlevel()
            t.normalizer = N.Sequence([N.Replace(Regex(pattern), "<é>"), N.NFC()])
            t.pre_tokenizer = P.WhitespaceSplit()
            if attempt(lambda: t.train_from_iterator(CORPUS, trainer)) is not None:
                continue  # the library panics where nothing is replaced by something and composed afterwards
            yield "replace-%02d" % i, t


def plain(e):
    r = {"ids": e.ids, "tokens": e.tokens, "offsets": [list(o) for o in e.offsets], "words": [-1 if w is None else w for w in e.word_ids]}
    sequences = [-1 if s is None else s for s in e.sequence_ids]
    if set(sequences) - {0}:
        r["sequences"] = sequences
    for name, values, usual in (("special", e.special_tokens_mask, 0), ("types", e.type_ids, 0), ("mask", e.attention_mask, 1)):
        if any(v != usual for v in values):
            r[name] = values
    return r


def attempt(f):
    try:
        return f()
    except BaseException as e:  # the library also panics
        return str(e)


def cases(t, rng, all_texts):
    for text in all_texts:
        c = {"text": text}
        if rng.random() < 0.2:
            c["pair"] = rng.choice(all_texts)
        if rng.random() < 0.4:
            c["add"] = False
        e = attempt(lambda: t.encode(c["text"], c.get("pair"), add_special_tokens=c.get("add", True)))
        if isinstance(e, str):
            continue
        d = attempt(lambda: (t.decode(e.ids, skip_special_tokens=True), t.decode(e.ids, skip_special_tokens=False)))
        if isinstance(d, str):
            continue
        yield dict(c, decoded=d[0], decoded_all=d[1], **plain(e))


def batches(t, rng, all_texts, n):
    for _ in range(n):
        trunc = rng.random() < 0.8 and dict(max_length=rng.randrange(4, 24), stride=rng.randrange(0, 3), strategy=rng.choice(["longest_first", "only_first", "only_second"]),
                                            direction=rng.choice(["left", "right"])) or None
        pad = rng.random() < 0.5 and dict(direction=rng.choice(["left", "right"]), pad_id=rng.randrange(3), pad_type_id=rng.randrange(3), pad_token=rng.choice(["[PAD]", "x"]),
                                          length=rng.choice([None, 12]), pad_to_multiple_of=rng.choice([None, 4, 5])) or None
        c = dict(truncation=trunc, padding=pad, add=rng.random() < 0.7)
        size = rng.choice([1, 2])
        c["batch"] = [[rng.choice(all_texts) for _ in range(size)] for _ in range(rng.randrange(1, 4))]
        t.no_truncation()
        t.no_padding()

        def run():
            if trunc:
                t.enable_truncation(**trunc)
            if pad:
                t.enable_padding(**pad)
            return t.encode_batch([tuple(b) if len(b) == 2 else b[0] for b in c["batch"]], add_special_tokens=c["add"])

        got = attempt(run)
        if isinstance(got, str):
            if not got.startswith("Truncation error"):
                continue
            c["error"] = got
        else:
            c["encodings"] = [dict(plain(e), overflowing=[plain(o) for o in e.overflowing]) for e in got]
        yield c
    t.no_truncation()
    t.no_padding()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--texts", type=int, default=40)
    p.add_argument("--batches", type=int, default=4)
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    for name, t in tokenizers():
        rng = random.Random("%s/%d" % (name, a.seed))
        every = texts(random.Random(a.seed), max(a.texts, 400))
        chosen = every[:a.texts] if a.texts >= len(every) else rng.sample(every, a.texts)
        folder = os.path.join(a.folder, name)
        os.makedirs(folder, exist_ok=True)
        t.save(os.path.join(folder, "tokenizer.json"), pretty=False)
        for file, rows in (("cases.jsonl.gz", cases(t, rng, chosen)), ("batches.jsonl.gz", batches(t, rng, chosen, a.batches))):
            with open(os.path.join(folder, file), "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as f:
                for row in rows:
                    f.write((json.dumps(row, separators=(",", ":")) + "\n").encode())


if __name__ == "__main__":
    main()
