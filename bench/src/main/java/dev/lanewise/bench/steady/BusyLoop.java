package dev.lanewise.bench.steady;

/** A process that keeps one core busy until it is ended. */
final class BusyLoop {
    private BusyLoop() {}

    /** Runs until the process is ended: the root stays below 2. */
    public static void main(String[] args) {
        double x = 0;
        while (x >= 0) {
            x = Math.sqrt(x + 1);
        }
    }
}
