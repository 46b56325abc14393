package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Adds special tokens around one or two encodings. */
interface PostProcessor {
    /** How many tokens it adds to one text or a pair. */
    int added(boolean pair);

    /** Processes the encodings of one or two texts, or the results of another post-processor. */
    List<Encoded> process(List<Encoded> encodings, boolean addSpecial);

    /**
     * Reads one.
     *
     * @param names the vocabulary's text of an id
     */
    static PostProcessor of(Json json, IntFunction<@Nullable String> names) {
        return switch (json.need("type").string()) {
            case "TemplateProcessing" -> Template.of(json, names);
            case "BertProcessing" -> {
                json.only(Set.of("type", "sep", "cls"));
                yield new Bert(Token.of(json.need("sep"), names), Token.of(json.need("cls"), names));
            }
            case "RobertaProcessing" -> {
                json.only(Set.of("type", "sep", "cls", "trim_offsets", "add_prefix_space"));
                yield new Roberta(
                        Token.of(json.need("sep"), names),
                        Token.of(json.need("cls"), names),
                        json.need("trim_offsets").bool()
                                ? new TrimOffsets(
                                        names, json.need("add_prefix_space").bool())
                                : null);
            }
            case "ByteLevel" -> {
                json.only(Set.of("type", "add_prefix_space", "trim_offsets", "use_regex"));
                yield new ByteLevel(
                        json.need("trim_offsets").bool()
                                ? new TrimOffsets(
                                        names, json.need("add_prefix_space").bool())
                                : null);
            }
            case "Sequence" -> {
                json.only(Set.of("type", "processors"));
                yield new Sequence(json.need("processors").list().stream()
                        .map(j -> of(j, names))
                        .toList());
            }
            default ->
                throw json.get("type")
                        .error("the post-processor " + json.get("type").type() + " is unknown");
        };
    }

    /** A token that is added: its id, and its text where that is not the vocabulary's. */
    record Token(int id, @Nullable String surface) {
        static Token of(Json json, IntFunction<@Nullable String> names) {
            List<Json> pair = json.list();
            if (pair.size() != 2) {
                throw json.expected("a token and its id");
            }
            return of(pair.get(0).string(), pair.get(1).index(), names);
        }

        static Token of(String text, int id, IntFunction<@Nullable String> names) {
            return new Token(id, text.equals(names.apply(id)) ? null : text);
        }

        Encoded encoded(int type) {
            return Encoded.special(new int[] {id}, new @Nullable String[] {surface}, type);
        }
    }

    /** One after another. */
    record Sequence(List<PostProcessor> parts) implements PostProcessor {
        @Override
        public int added(boolean pair) {
            return parts.stream().mapToInt(p -> p.added(pair)).sum();
        }

        @Override
        public List<Encoded> process(List<Encoded> encodings, boolean addSpecial) {
            List<Encoded> out = encodings;
            for (PostProcessor part : parts) {
                out = part.process(out, addSpecial);
            }
            return out;
        }
    }

    /** Trims offsets. */
    record ByteLevel(@Nullable TrimOffsets trim) implements PostProcessor {
        @Override
        public int added(boolean pair) {
            return 0;
        }

        @Override
        public List<Encoded> process(List<Encoded> encodings, boolean addSpecial) {
            for (int i = 0; i < encodings.size(); i++) {
                if (trim != null) {
                    trim.apply(encodings.get(i));
                }
                if (i < 2) {
                    encodings.get(i).setRange(i);
                }
            }
            return encodings;
        }
    }

    /** [CLS] A [SEP], and B [SEP]. */
    record Bert(Token sep, Token cls) implements PostProcessor {
        @Override
        public int added(boolean pair) {
            return pair ? 3 : 2;
        }

        @Override
        public List<Encoded> process(List<Encoded> encodings, boolean addSpecial) {
            if (!addSpecial) {
                return encodings;
            }
            List<Encoded> out = new ArrayList<>();
            for (int i = 0; i < encodings.size(); i++) {
                out.add(wrapped(
                        encodings.get(i), i == 0 ? cls.encoded(0) : null, sep.encoded(i == 0 ? 0 : 1), i == 0 ? 0 : 1));
            }
            return out;
        }
    }

    /** An encoding and its parts between two tokens; a mask of special tokens starts anew. */
    private static Encoded wrapped(Encoded encoded, @Nullable Encoded before, Encoded after, int sequence) {
        encoded.special = new int[encoded.size()];
        encoded.attention = new int[encoded.size()];
        java.util.Arrays.fill(encoded.attention, 1);
        List<Encoded> parts = new ArrayList<>();
        for (Encoded part : encoded.overflowing) {
            parts.add(wrapped(part, before, after, sequence));
        }
        encoded.overflowing = new ArrayList<>();
        encoded.rangeStarts[1 - sequence] = -1;
        encoded.setRange(sequence);
        Encoded out = Encoded.merged(before == null ? List.of(encoded, after) : List.of(before, encoded, after));
        out.overflowing = parts;
        return out;
    }

    /** {@code <s> A </s>} and {@code </s> B </s>}, all of type 0. */
    record Roberta(Token sep, Token cls, @Nullable TrimOffsets trim) implements PostProcessor {
        @Override
        public int added(boolean pair) {
            return pair ? 4 : 2;
        }

        @Override
        public List<Encoded> process(List<Encoded> encodings, boolean addSpecial) {
            for (Encoded encoded : encodings) {
                if (trim != null) {
                    trim.apply(encoded);
                }
                encoded.types = new int[encoded.size()];
            }
            if (!addSpecial) {
                return encodings;
            }
            List<Encoded> out = new ArrayList<>();
            for (int i = 0; i < encodings.size(); i++) {
                for (Encoded part : encodings.get(i).overflowing) {
                    part.types = new int[part.size()];
                }
                out.add(wrapped(encodings.get(i), (i == 0 ? cls : sep).encoded(0), sep.encoded(0), i == 0 ? 0 : 1));
            }
            return out;
        }
    }

    /** Texts and special tokens in the order that a template says. */
    final class Template implements PostProcessor {
        private final List<Piece> single;
        private final List<Piece> pair;
        private final int addedToSingle;
        private final int addedToPair;

        /** A text by its number, or tokens, each with a type. */
        private record Piece(
                int sequence,
                int @Nullable [] ids,
                @Nullable String[] surfaces,
                int type) {
            int added() {
                return ids == null ? 0 : ids.length;
            }
        }

        private Template(List<Piece> single, List<Piece> pair) {
            this.single = single;
            this.pair = pair;
            addedToSingle = single.stream().mapToInt(Piece::added).sum();
            addedToPair = pair.stream().mapToInt(Piece::added).sum();
        }

        static Template of(Json json, IntFunction<@Nullable String> names) {
            json.only(Set.of("type", "single", "pair", "special_tokens"));
            Map<String, Piece> special = new HashMap<>();
            Json tokens = json.need("special_tokens");
            for (String name : tokens.map().keySet()) {
                special.put(name, special(tokens.get(name), names));
            }
            List<Piece> single = pieces(json.need("single"), special, 1);
            return new Template(single, pieces(json.need("pair"), special, 2));
        }

        private static Piece special(Json json, IntFunction<@Nullable String> names) {
            json.only(Set.of("id", "ids", "tokens"));
            List<Json> ids = json.need("ids").list();
            List<Json> texts = json.need("tokens").list();
            if (ids.size() != texts.size()) {
                throw json.error("has " + ids.size() + " ids and " + texts.size() + " tokens");
            }
            int[] all = new int[ids.size()];
            @Nullable String[] surfaces = new String[all.length];
            for (int i = 0; i < all.length; i++) {
                all[i] = ids.get(i).index();
                surfaces[i] = Token.of(texts.get(i).string(), all[i], names).surface();
            }
            return new Piece(-1, all, surfaces, 0);
        }

        private static List<Piece> pieces(Json json, Map<String, Piece> special, int sequences) {
            List<Piece> out = new ArrayList<>();
            for (Json piece : json.list()) {
                piece.only(Set.of("Sequence", "SpecialToken"));
                boolean isSpecial = piece.map().containsKey("SpecialToken");
                Json body = piece.need(isSpecial ? "SpecialToken" : "Sequence");
                body.only(Set.of("id", "type_id"));
                String id = body.need("id").string();
                int type = body.need("type_id").index();
                if (isSpecial) {
                    Piece known = special.get(id);
                    if (known == null) {
                        throw body.get("id").error("`" + id + "` is not among the special_tokens");
                    }
                    out.add(new Piece(-1, known.ids, known.surfaces, type));
                } else {
                    int sequence = List.of("A", "B").indexOf(id);
                    if (sequence < 0 || sequence >= sequences) {
                        throw body.get("id").expected(sequences == 1 ? "A" : "A or B");
                    }
                    out.add(new Piece(sequence, null, new String[0], type));
                }
            }
            return out;
        }

        @Override
        public int added(boolean isPair) {
            return isPair ? addedToPair : addedToSingle;
        }

        @Override
        public List<Encoded> process(List<Encoded> encodings, boolean addSpecial) {
            List<Encoded> out = new ArrayList<>();
            for (Piece piece : encodings.size() == 1 ? single : pair) {
                if (piece.ids != null) {
                    if (addSpecial) {
                        out.add(Encoded.special(piece.ids, piece.surfaces, piece.type));
                    }
                    continue;
                }
                out.add(encodings.get(piece.sequence).as(piece.sequence, piece.type));
            }
            return out;
        }
    }
}
