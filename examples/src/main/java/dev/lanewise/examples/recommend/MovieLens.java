package dev.lanewise.examples.recommend;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ratings of MovieLens as GroupLens publishes them, in any of three forms: {@code u.data} (100K), {@code ratings.dat} (1M,
 * 10M) and {@code ratings.csv} (20M and later). That a user rated a film counts, not how. Users with fewer than three films are
 * left out.
 */
public final class MovieLens {
    /** The files that are looked for, one of which suffices. */
    public static final List<String> FILES = List.of("u.data", "ratings.dat", "ratings.csv");

    private static final String KIND = "lines of user, film, rating and time, as in MovieLens's " + FILES;
    private static final int FEWEST = 3;

    private record Rating(int item, long time) {}

    private MovieLens() {}

    /** The file of ratings in a folder. */
    public static Optional<Path> in(Path folder) {
        return FILES.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    /**
     * Reads ratings; items are numbered in the order in which they appear.
     *
     * @throws BadFileException if a line can't be understood, or fewer than two users or items are left
     */
    public static Interactions read(Path file) {
        Map<String, Integer> items = new LinkedHashMap<>();
        Map<String, List<Rating>> byUser = new LinkedHashMap<>();
        InputLimits.length(file, KIND);
        // the numbers are ASCII, whatever the file's encoding is
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank() && !(number == 1 && line.startsWith("userId"))) {
                    String[] fields = line.split("\t|::|,", -1);
                    if (fields.length != 4 || !fields[3].matches("\\d{1,18}")) {
                        throw new BadFileException(file, "line " + number + ": '" + line + "'", KIND, "correct it");
                    }
                    int item = items.computeIfAbsent(fields[1], name -> items.size());
                    byUser.computeIfAbsent(fields[0], name -> new ArrayList<>())
                            .add(new Rating(item, Long.parseLong(fields[3])));
                }
            }
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
        byUser.values().removeIf(ratings -> distinct(ratings).length < FEWEST);
        if (byUser.size() < 2 || items.size() < 2) {
            throw new BadFileException(
                    file,
                    byUser.size() + " users with " + FEWEST + " films or more, and " + items.size() + " films",
                    "two or more of each: " + KIND,
                    "give more ratings");
        }
        return new Interactions(
                List.copyOf(byUser.keySet()),
                List.copyOf(items.keySet()),
                byUser.values().stream().map(MovieLens::distinct).toArray(int[][]::new));
    }

    /** Each film once, in the order of time; those of one second in the order of the file. */
    private static int[] distinct(List<Rating> ratings) {
        return ratings.stream()
                .sorted(Comparator.comparingLong(Rating::time))
                .mapToInt(Rating::item)
                .distinct()
                .toArray();
    }
}
