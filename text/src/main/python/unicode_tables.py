"""Writes the Unicode tables of the module `text`: python3 unicode_tables.py OUTPUT

The tokenizers library computes with character properties of several Unicode versions, depending on the part. Ids and
offsets equal its own only with the same properties, so this script asks the library itself, a character at a time.
Needs the package `tokenizers`. Format, a line each: a name, then numbers in base 36; ranges are (gap, length) pairs.
"""
import sys
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

VALID = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def base36(n):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while True:
        n, r = divmod(n, 36)
        out = digits[r] + out
        if n == 0:
            return out


def ranges(chars):
    out = []
    for c in sorted(chars):
        if out and out[-1][1] == c:
            out[-1][1] = c + 1
        else:
            out.append([c, c + 1])
    return out


def range_line(name, chars):
    numbers, last = [], 0
    for start, end in ranges(chars):
        numbers += [start - last, end - start]
        last = end
    return " ".join([name] + [base36(n) for n in numbers])


def removed_by(normalizer):
    return {c for c in VALID if normalizer.normalize_str("a" + chr(c) + "b") == "ab"}


def split_by(pre_tokenizer, pieces):
    return {c for c in VALID if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "b")) == pieces}


def bert(clean, accents):
    return normalizers.BertNormalizer(clean_text=clean, handle_chinese_chars=False, strip_accents=accents, lowercase=False)


def matched(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return {c for c in VALID if split.pre_tokenize_str("\x00" + chr(c))[0][0] == "\x00"}


def scripts():
    """Sets of characters that UnicodeScripts keeps together; in none of them: what goes with any script."""
    split = pre_tokenizers.UnicodeScripts()
    known, recent = [], []
    for c in VALID:
        if all(len(split.pre_tokenize_str(x + chr(c))) == 1 for x in "a\u0431"):
            continue
        for script in recent + known:
            if len(split.pre_tokenize_str(chr(script[0]) + chr(c))) == 1:
                break
        else:
            script = []
            known.append(script)
        script.append(c)
        recent = [script]
    return known


def combining_classes():
    """The class is Python's where the library's decomposition orders by it; a younger character has none there."""
    nfd = normalizers.NFD()
    out = {}
    for c in VALID:
        k = unicodedata.combining(chr(c))
        if k == 0:
            continue
        ordered = (nfd.normalize_str("a" + chr(c) + "\u0334") != "a" + chr(c) + "\u0334" if k > 1
                   else nfd.normalize_str("a\u0301" + chr(c)) != "a\u0301" + chr(c))
        if ordered:
            out.setdefault(k, set()).add(c)
    return out


def main(path):
    nfd, nfkd, nfc = normalizers.NFD(), normalizers.NFKD(), normalizers.NFC()
    lines = [
        range_line("bert-control", removed_by(bert(True, False)) - {0, 0xFFFD}),
        range_line("bert-accent", removed_by(bert(False, True))),
        range_line("mark", removed_by(normalizers.StripAccents())),
        range_line("punctuation", split_by(pre_tokenizers.Punctuation(), 3)),
        range_line("numeric", split_by(pre_tokenizers.Digits(individual_digits=True), 3)),
        range_line("word", split_by(pre_tokenizers.Whitespace(), 1)),
        range_line("letter", matched(r"\p{L}")),
        range_line("number", matched(r"\p{N}")),
    ]
    for k, chars in sorted(combining_classes().items()):
        lines.append(range_line("class " + base36(k), chars))
    for i, chars in enumerate(scripts()):
        lines.append(range_line("script " + base36(i), chars))
    canonical, compatible, composed = [], [], []
    for c in VALID:
        if 0xAC00 <= c < 0xAC00 + 11172:
            continue
        d, k = nfd.normalize_str(chr(c)), nfkd.normalize_str(chr(c))
        if d != chr(c):
            canonical.append((c, d))
        if k != d:
            compatible.append((c, k))
        direct = unicodedata.decomposition(chr(c))
        if direct and direct[0] != "<" and " " in direct:
            a, b = (int(x, 16) for x in direct.split())
            if nfc.normalize_str(chr(a) + chr(b)) == chr(c):
                composed.append((a, b, c))
    for name, rows in (("canonical", canonical), ("compatible", compatible)):
        for c, s in rows:
            lines.append(" ".join([name, base36(c)] + [base36(ord(x)) for x in s]))
    for row in composed:
        lines.append(" ".join(["composed"] + [base36(n) for n in row]))
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


main(sys.argv[1])
