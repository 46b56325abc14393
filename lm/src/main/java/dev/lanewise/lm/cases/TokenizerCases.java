package dev.lanewise.lm.cases;

import dev.lanewise.text.Direction;
import dev.lanewise.text.Encoding;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.Padding;
import dev.lanewise.text.SentencePieceTokenizer;
import dev.lanewise.text.Tokenizer;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.Truncation;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tokenizers: ids, tokens, offsets, masks, round trips, batches, and SentencePiece's own models. */
final class TokenizerCases implements CaseFolder.Part {
    TokenizerCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path tokenizer : CaseFolder.children(folder)) {
            if (Files.isDirectory(tokenizer)) {
                Report own = report.at(String.valueOf(tokenizer.getFileName()));
                own.guarded("load", () -> check(tokenizer, own));
            }
        }
    }

    private static void check(Path folder, Report report) {
        HfTokenizer stored = HfTokenizer.load(folder.resolve("tokenizer.json"));
        HfTokenizer plain = stored.withTruncation(null).withPadding(null);
        Lines.check(folder.resolve("cases.jsonl.gz"), "cases", report, c -> one(plain, c));
        Lines.check(folder.resolve("batches.jsonl.gz"), "batches", report, c -> batch(stored, c));
        for (String model : List.of("tokenizer.model", "spiece.model")) {
            if (Files.exists(folder.resolve(model))) {
                report.guarded("spm-cases", () -> {
                    SentencePieceTokenizer own = SentencePieceTokenizer.load(folder.resolve(model));
                    Lines.check(folder.resolve("spm-cases.jsonl.gz"), "spm-cases", report, c -> pieces(own, c));
                });
            }
        }
    }

    private static List<String> one(HfTokenizer tokenizer, Json c) {
        String text = c.need("text").string();
        boolean add = c.get("add").bool(true);
        Encoding got = c.get("pair").isNull()
                ? tokenizer.encode(text, add)
                : tokenizer.encode(text, c.get("pair").string(), add);
        List<String> out = differences(c, got);
        int[] ids = Lines.ids(c.need("ids"));
        String decoded = c.need("decoded").string();
        compare("decoded", decoded, tokenizer.decode(ids, true), out);
        String all =
                c.get("decoded_all").isNull() ? decoded : c.get("decoded_all").string();
        compare("decoded_all", all, tokenizer.decode(ids, false), out);
        return out;
    }

    private static List<String> pieces(Tokenizer tokenizer, Json c) {
        List<String> out = new ArrayList<>();
        Encoding got = tokenizer.encode(c.need("text").string());
        compare("ids", Lines.ints(c.need("ids")), boxed(got.ids()), out);
        compare("pieces", c.need("pieces").values(), got.tokens(), out);
        compare("decoded", c.need("decoded").string(), tokenizer.decode(Lines.ids(c.need("ids"))), out);
        return out;
    }

    private static List<String> differences(Json want, Encoding got) {
        List<String> out = new ArrayList<>();
        compare("ids", Lines.ints(want.need("ids")), boxed(got.ids()), out);
        compare("tokens", want.need("tokens").values(), got.tokens(), out);
        compare(
                "offsets",
                want.need("offsets").list().stream().map(Lines::ints).toList(),
                Arrays.stream(got.offsets()).map(TokenizerCases::boxed).toList(),
                out);
        compare("special", orAll(want.get("special"), got.size(), 0), boxed(got.specialTokensMask()), out);
        compare("types", orAll(want.get("types"), got.size(), 0), boxed(got.typeIds()), out);
        compare("mask", orAll(want.get("mask"), got.size(), 1), boxed(got.attentionMask()), out);
        if (!want.get("overflowing").isNull()) {
            List<Json> parts = want.get("overflowing").list();
            compare("parts", parts.size(), got.overflowing().size(), out);
            for (int i = 0; i < Math.min(parts.size(), got.overflowing().size()); i++) {
                out.addAll(differences(parts.get(i), got.overflowing().get(i)));
            }
        }
        return out;
    }

    private static List<Integer> orAll(Json json, int size, int value) {
        return json.isNull() ? Collections.nCopies(size, value) : Lines.ints(json);
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static void compare(String what, Object want, Object got, List<String> out) {
        if (!want.equals(got)) {
            out.add(what + ": " + got + " for " + want);
        }
    }

    // ---- batches

    private static List<String> batch(HfTokenizer stored, Json c) {
        List<String> out = new ArrayList<>();
        Json error = c.get("error");
        try {
            HfTokenizer tokenizer = c.get("stored").bool(false)
                    ? stored
                    : stored.withTruncation(truncation(c.get("truncation"))).withPadding(padding(c.get("padding")));
            List<Encoding> got = encode(tokenizer, c);
            if (!error.isNull()) {
                out.add("no error: " + error.string());
                return out;
            }
            List<Json> want = c.need("encodings").list();
            compare("encodings", want.size(), got.size(), out);
            for (int i = 0; i < Math.min(want.size(), got.size()); i++) {
                out.addAll(differences(want.get(i), got.get(i)));
            }
        } catch (TokenizerException e) {
            // of several encodings that fail, whichever fails first is reported, in both libraries
            if (error.isNull() || !String.valueOf(e.getMessage()).startsWith("truncation: stride")) {
                compare("error", error.isNull() ? "none" : error.string(), String.valueOf(e.getMessage()), out);
            }
        }
        return out;
    }

    private static List<Encoding> encode(HfTokenizer tokenizer, Json c) {
        List<Json> batch = c.need("batch").list();
        boolean add = c.get("add").bool(true);
        List<String> first =
                batch.stream().map(row -> row.list().get(0).string()).toList();
        if (batch.stream().allMatch(row -> row.values().size() == 1)) {
            return tokenizer.encodeBatch(first, add);
        }
        if (batch.stream().allMatch(row -> row.values().size() == 2)) {
            List<String> second =
                    batch.stream().map(row -> row.list().get(1).string()).toList();
            return tokenizer.encodeBatch(first, second, add);
        }
        return mixed(tokenizer, batch, add);
    }

    /** Texts and pairs in one batch, for which there is no call: padded to the longest by hand. */
    private static List<Encoding> mixed(HfTokenizer tokenizer, List<Json> batch, boolean add) {
        List<Encoding> plain = each(tokenizer.withPadding(null), batch, add);
        Padding padding = tokenizer.padding();
        if (padding == null) {
            return plain;
        }
        int longest = padding.length() > 0
                ? padding.length()
                : plain.stream().mapToInt(Encoding::size).max().orElse(0);
        Padding toLongest = new Padding(
                Math.max(longest, 1),
                padding.multipleOf(),
                padding.direction(),
                padding.id(),
                padding.typeId(),
                padding.token());
        return each(tokenizer.withPadding(toLongest), batch, add);
    }

    private static List<Encoding> each(HfTokenizer tokenizer, List<Json> batch, boolean add) {
        return batch.stream()
                .map(row -> row.values().size() == 1
                        ? tokenizer.encode(row.list().get(0).string(), add)
                        : tokenizer.encode(
                                row.list().get(0).string(), row.list().get(1).string(), add))
                .toList();
    }

    private static @Nullable Truncation truncation(Json json) {
        if (json.isNull()) {
            return null;
        }
        return new Truncation(
                json.need("max_length").index(),
                json.need("stride").index(),
                Truncation.Strategy.valueOf(json.need("strategy").string().toUpperCase(Locale.ROOT)),
                direction(json));
    }

    private static @Nullable Padding padding(Json json) {
        if (json.isNull()) {
            return null;
        }
        return new Padding(
                json.get("length").isNull() ? 0 : json.get("length").index(),
                json.get("pad_to_multiple_of").isNull()
                        ? 0
                        : json.get("pad_to_multiple_of").index(),
                direction(json),
                json.need("pad_id").index(),
                json.need("pad_type_id").index(),
                json.need("pad_token").string());
    }

    private static Direction direction(Json json) {
        return Direction.valueOf(json.need("direction").string().toUpperCase(Locale.ROOT));
    }
}
