package dev.lanewise.text.sentencepiece;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.model.TokenList;
import dev.lanewise.text.model.Trie;
import dev.lanewise.text.sentencepiece.ModelFile.Piece;
import dev.lanewise.text.unicode.CodePoints;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** A SentencePiece model: Unigram or BPE. Immutable. */
public final class SpModel {
    private static final float UNKNOWN_PENALTY = 10;
    private final ModelFile file;
    private final List<Piece> pieces;
    private final Map<String, Integer> usable = new HashMap<>();
    private final Map<String, Integer> reserved = new HashMap<>();
    private final Trie trie = new Trie();
    private final Trie userDefined = new Trie();
    private final SpNormalizer normalizer;
    private final int unknown;
    private final float least;
    private final float most;
    private final int[] byteIds = new int[256];

    /** Checks a file's pieces. */
    public SpModel(ModelFile file, String name) {
        this.file = file;
        pieces = file.pieces;
        Arrays.fill(byteIds, -1);
        int unknownId = -1;
        float min = Float.MAX_VALUE;
        float max = Float.MIN_NORMAL;
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            boolean isUsable = switch (piece.type()) {
                case NORMAL, USER_DEFINED, UNUSED -> true;
                default -> false;
            };
            if ((isUsable ? usable : reserved).put(piece.text(), id) != null) {
                throw new TokenizerException(name + ": the piece `" + piece.text() + "` is there twice");
            }
            if (isUsable) {
                trie.put(piece.text(), id);
            }
            switch (piece.type()) {
                case NORMAL -> {
                    min = Math.min(min, piece.score());
                    max = Math.max(max, piece.score());
                }
                case UNKNOWN -> unknownId = id;
                case USER_DEFINED -> userDefined.put(piece.text(), id);
                case BYTE -> byteIds[byteOf(piece.text(), name)] = id;
                default -> {}
            }
        }
        if (unknownId < 0) {
            throw new TokenizerException(name + ": has no unknown piece");
        }
        if (file.byteFallback && Arrays.stream(byteIds).anyMatch(id -> id < 0)) {
            throw new TokenizerException(name + ": byte_fallback is set, but not every byte has a piece");
        }
        unknown = unknownId;
        least = min;
        most = max;
        normalizer = new SpNormalizer(file, userDefined);
    }

    private static int byteOf(String piece, String name) {
        if (!piece.matches("<0x[0-9A-F]{2}>")) {
            throw new TokenizerException(name + ": the byte piece `" + piece + "` is not of the form <0x0A>");
        }
        return Integer.parseInt(piece.substring(3, 5), 16);
    }

    /** The pieces by id. */
    public List<Piece> pieces() {
        return pieces;
    }

    /** The id of a piece; that of the unknown piece if there is none. */
    public int id(String piece) {
        Integer id = reserved.get(piece);
        if (id == null) {
            id = usable.get(piece);
        }
        return id == null ? unknown : id;
    }

    /** Whether there is such a piece. */
    public boolean has(String piece) {
        return reserved.containsKey(piece) || usable.containsKey(piece);
    }

    /** Encodes a text; positions are code points of it. */
    public TokenList encode(String text) {
        SpNormalizer.Result normalized = normalizer.normalize(CodePoints.of(text));
        int[] cps = Arrays.copyOf(normalized.cps, normalized.size);
        int[][] cuts = file.modelType == 1 ? unigram(cps) : bpe(cps);
        TokenList out = new TokenList(cuts.length);
        boolean afterUnknown = false;
        for (int[] cut : cuts) {
            boolean isUnknown = cut[2] == unknown;
            int start = normalized.origins[cut[0]];
            int end = normalized.origins[cut[1]];
            if (isUnknown && file.byteFallback) {
                for (byte b : CodePoints.string(cps, cut[0], cut[1]).getBytes(StandardCharsets.UTF_8)) {
                    out.add(byteIds[b & 0xFF], start, end);
                }
            } else if (isUnknown && afterUnknown) {
                // a run of unknowns becomes one
                out.ends[out.size() - 1] = end;
            } else {
                out.add(cut[2], start, end);
            }
            afterUnknown = isUnknown;
        }
        return out;
    }

    /** Viterbi with SentencePiece's arithmetic, of single precision: of paths that are equal in it, the first stays. */
    private int[][] unigram(int[] cps) {
        int size = cps.length;
        float[] best = new float[size + 1];
        int[] from = new int[size + 1];
        int[] ids = new int[size + 1];
        Arrays.fill(from, -1);
        float unknownScore = least - UNKNOWN_PENALTY;
        for (int at = 0; at < size; at++) {
            boolean single = false;
            int node = 0;
            int bytes = 0;
            for (int i = at; i < size; i++) {
                node = trie.child(node, cps[i]);
                if (node < 0) {
                    break;
                }
                bytes += CodePoints.utf8Length(cps[i]);
                int id = trie.value(node);
                if (id < 0 || pieces.get(id).type() == ModelFile.Type.UNUSED) {
                    continue;
                }
                float score = pieces.get(id).type() == ModelFile.Type.USER_DEFINED
                        ? (float) (bytes * most - 0.1)
                        : pieces.get(id).score();
                float candidate = score + best[at];
                if (from[i + 1] < 0 || candidate > best[i + 1]) {
                    best[i + 1] = candidate;
                    from[i + 1] = at;
                    ids[i + 1] = id;
                }
                single |= i == at;
            }
            float candidate = unknownScore + best[at];
            if (!single && (from[at + 1] < 0 || candidate > best[at + 1])) {
                best[at + 1] = candidate;
                from[at + 1] = at;
                ids[at + 1] = unknown;
            }
        }
        List<int[]> cuts = new ArrayList<>();
        for (int end = size; end > 0; end = from[end]) {
            cuts.add(new int[] {from[end], end, ids[end]});
        }
        return cuts.reversed().toArray(int[][]::new);
    }

    /** A pair that may be merged. */
    private record Pair(int left, int right, float score, int size) {}

    /** A piece that is never output, and what it was merged from. */
    private record Merged(int start, int middle, int end) {}

    /** Repeatedly merges the pair of highest score, and of those the leftmost. */
    private final class Merging {
        private final int[] cps;
        private final int[] ends;
        private final int[] previous;
        private final int[] next;
        private final boolean[] frozen;
        private final PriorityQueue<Pair> agenda = new PriorityQueue<>(
                (a, b) -> a.score != b.score ? Float.compare(b.score, a.score) : Integer.compare(a.left, b.left));
        private final Map<String, Merged> unused = new HashMap<>();

        Merging(int[] cps) {
            this.cps = cps;
            int size = cps.length;
            ends = new int[size];
            previous = new int[size];
            next = new int[size];
            frozen = new boolean[size];
            int last = -1;
            for (int at = 0; at < size; ) {
                int end = SpNormalizer.longest(userDefined, cps, at, size);
                frozen[at] = end > at;
                ends[at] = Math.max(end, at + 1);
                previous[at] = last;
                last = at;
                next[at] = ends[at] < size ? ends[at] : -1;
                at = ends[at];
            }
        }

        private void offer(int left, int right) {
            if (left < 0 || right < 0 || frozen[left] || frozen[right]) {
                return;
            }
            int node = 0;
            for (int i = left; i < ends[right] && node >= 0; i++) {
                node = trie.child(node, cps[i]);
            }
            int id = node < 0 ? -1 : trie.value(node);
            if (id < 0) {
                return;
            }
            agenda.add(new Pair(left, right, pieces.get(id).score(), ends[right] - left));
            if (pieces.get(id).type() == ModelFile.Type.UNUSED) {
                unused.put(CodePoints.string(cps, left, ends[right]), new Merged(left, right, ends[right]));
            }
        }

        int[][] run() {
            for (int at = 0; at >= 0 && at < cps.length; at = next[at]) {
                offer(at, next[at]);
            }
            while (!agenda.isEmpty()) {
                Pair top = agenda.poll();
                boolean stale = ends[top.left] == 0
                        || ends[top.right] == 0
                        || ends[top.left] - top.left + ends[top.right] - top.right != top.size;
                if (stale) {
                    continue;
                }
                ends[top.left] = ends[top.right];
                next[top.left] = next[top.right];
                if (next[top.right] >= 0) {
                    previous[next[top.right]] = top.left;
                }
                ends[top.right] = 0;
                offer(previous[top.left], top.left);
                offer(top.left, next[top.left]);
            }
            List<int[]> out = new ArrayList<>();
            for (int at = 0; at >= 0 && at < cps.length; at = next[at]) {
                emit(at, ends[at], out, 0);
            }
            return out.toArray(int[][]::new);
        }

        /** Emits a piece; one that is never output is split into what it was merged from. */
        private void emit(int start, int end, List<int[]> out, int depth) {
            String text = CodePoints.string(cps, start, end);
            int id = id(text);
            Merged parts = pieces.get(id).type() == ModelFile.Type.UNUSED && depth < 1000 ? unused.get(text) : null;
            if (parts == null) {
                out.add(new int[] {start, end, id});
                return;
            }
            int middle = start + parts.middle - parts.start;
            emit(start, middle, out, depth + 1);
            emit(middle, end, out, depth + 1);
        }
    }

    private int[][] bpe(int[] cps) {
        return cps.length == 0 ? new int[0][] : new Merging(cps).run();
    }

    /** Decodes ids. */
    public String decode(int[] ids) {
        StringBuilder out = new StringBuilder();
        ByteRun run = new ByteRun(out);
        boolean expectSpace = true;
        boolean spaceSeen = false;
        for (int id : ids) {
            if (id < 0 || id >= pieces.size()) {
                throw new TokenizerException("decode: the id " + id + " is not among " + pieces.size() + " pieces");
            }
            Piece piece = pieces.get(id);
            if (piece.type() == ModelFile.Type.BYTE) {
                run.add(Integer.parseInt(piece.text().substring(3, 5), 16));
                continue;
            }
            run.flush();
            if (spaceSeen || !out.isEmpty()) {
                expectSpace = false;
            }
            spaceSeen = false;
            switch (piece.type()) {
                case CONTROL -> {}
                case UNKNOWN -> out.append(file.unknownSurface);
                default -> {
                    String text = piece.text();
                    boolean drop =
                            expectSpace && (file.dummyPrefix || file.removeExtraSpaces) && text.startsWith("\u2581");
                    spaceSeen = drop && !file.removeExtraSpaces;
                    out.append((drop ? text.substring(1) : text).replace('\u2581', ' '));
                }
            }
        }
        run.flush();
        return out.toString();
    }
}
