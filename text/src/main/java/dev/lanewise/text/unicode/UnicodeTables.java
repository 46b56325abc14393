package dev.lanewise.text.unicode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Character properties as in the tokenizers library, which mixes Unicode versions from 8 to 17; written by
 * {@code src/main/python/unicode_tables.py}.
 */
final class UnicodeTables {
    static final UnicodeTables INSTANCE = read();

    final Map<String, CharSet> sets = new HashMap<>();
    final Map<Integer, Integer> combiningClasses = new HashMap<>();
    /** Ends and numbers of scripts by where their ranges begin. */
    final TreeMap<Integer, int[]> scripts = new TreeMap<>();

    final Map<Integer, int[]> canonical = new HashMap<>();
    final Map<Integer, int[]> compatible = new HashMap<>();
    final Map<Long, Integer> composed = new HashMap<>();

    private static UnicodeTables read() {
        UnicodeTables tables = new UnicodeTables();
        try (InputStream in = UnicodeTables.class.getResourceAsStream("tables.txt")) {
            if (in == null) {
                throw new IllegalStateException("tables.txt is missing from the module dev.lanewise.text");
            }
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
                    .lines()
                    .forEach(tables::line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tables;
    }

    private void line(String line) {
        String[] words = line.split(" ", -1);
        int[] numbers = new int[words.length];
        for (int i = 1; i < words.length; i++) {
            numbers[i] = Integer.parseInt(words[i], 36);
        }
        switch (words[0]) {
            case "class" -> forEach(bounds(numbers, 2), numbers[1]);
            case "script" -> script(bounds(numbers, 2), numbers[1]);
            case "canonical" -> canonical.put(numbers[1], Arrays.copyOfRange(numbers, 2, numbers.length));
            case "compatible" -> compatible.put(numbers[1], Arrays.copyOfRange(numbers, 2, numbers.length));
            case "composed" -> composed.put(pair(numbers[1], numbers[2]), numbers[3]);
            default -> sets.put(words[0], CharSet.ofBounds(bounds(numbers, 1)));
        }
    }

    private void forEach(int[] bounds, int combiningClass) {
        for (int i = 0; i < bounds.length; i += 2) {
            for (int c = bounds[i]; c < bounds[i + 1]; c++) {
                combiningClasses.put(c, combiningClass);
            }
        }
    }

    private void script(int[] bounds, int number) {
        for (int i = 0; i < bounds.length; i += 2) {
            scripts.put(bounds[i], new int[] {bounds[i + 1], number});
        }
    }

    private static int[] bounds(int[] gaps, int from) {
        int[] out = new int[gaps.length - from];
        int last = 0;
        for (int i = 0; i < out.length; i++) {
            last += gaps[from + i];
            out[i] = last;
        }
        return out;
    }

    static long pair(int first, int second) {
        return (long) first << 32 | second;
    }
}
