package dev.lanewise.examples.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cores of this machine, for processes that compute side by side. */
final class Cores {
    private static final Pattern RANGE = Pattern.compile("(\\d+)(?:-(\\d+))?");

    private Cores() {}

    /** Sets the threads of this process such that all of this machine together have as many as there are cores. */
    static void shareOut(int processes) {
        int threads = share(
                Runtime.getRuntime().availableProcessors(),
                list(Path.of("/proc/self/status"), "Cpus_allowed_list:"),
                list(Path.of("/sys/devices/system/cpu/online"), ""),
                processes);
        System.setProperty("lanewise.threads", Integer.toString(threads));
    }

    /**
     * The threads of one of several processes.
     *
     * @param available what the JVM sees: bound cores, and perhaps fewer by a container's limit
     * @param bound the cores to which this process is bound, 0 if that is not known
     * @param online the cores of the machine, 0 if that is not known
     * @param processes on this machine
     */
    static int share(int available, int bound, int online, int processes) {
        // mpirun may bind each process to cores of its own; a container's limit is for all of them
        int common = bound == available && online > bound ? online : available;
        return Math.clamp(common / processes, 1, available);
    }

    /** How many numbers a list such as 0-3,8 has. */
    private static int list(Path file, String key) {
        try (var lines = Files.lines(file)) {
            Optional<String> line = lines.filter(one -> one.startsWith(key)).findFirst();
            Matcher range = RANGE.matcher(line.orElse("").substring(line.isPresent() ? key.length() : 0));
            int count = 0;
            while (range.find()) {
                int first = Integer.parseInt(range.group(1));
                count += (range.group(2) == null ? first : Integer.parseInt(range.group(2))) - first + 1;
            }
            return count;
        } catch (IOException e) {
            return 0;
        }
    }
}
