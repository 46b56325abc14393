package dev.lanewise.bench.scaling;

import dev.lanewise.bench.Child;
import dev.lanewise.tensor.TensorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * Processes of one thread each that train the same model, each for itself or together, and only while they are told to: so
 * several teams live at the same time and their rounds take turns.
 */
final class Team implements AutoCloseable {
    private static final int POLL_MILLIS = 500;
    private static final double FIRST = 0.25;

    private final ScaledModel model;
    private final Connection connection;
    private final int ranks;
    private final int samples;
    private final List<Process> processes = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();

    private double secondsPerStep;
    private double measured;
    private double communicated;
    private double waited;

    /** How the processes of a team belong together. */
    enum Connection {
        /** Not at all. */
        ALONE,
        /** By a ring of sockets. */
        RING,
        /** By an MPI library's launcher. */
        MPI
    }

    /** A process's end of the line. */
    private record Member(Socket socket, BufferedReader in, PrintWriter out) {
        static Member of(Socket socket) throws IOException {
            return new Member(
                    socket,
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)),
                    new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8));
        }
    }

    /**
     * Starts the processes.
     *
     * @param batch samples per step of each
     */
    Team(ScaledModel model, Connection connection, int ranks, int batch) {
        this.model = model;
        this.connection = connection;
        this.ranks = ranks;
        this.samples = batch;
        try (ServerSocket listening = new ServerSocket(0, ranks, InetAddress.getLoopbackAddress())) {
            String secret = UUID.randomUUID().toString();
            for (List<String> command : commands(listening.getLocalPort())) {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.INHERIT);
                builder.environment().put(ScalingRank.SECRET, secret);
                processes.add(builder.start());
            }
            listening.setSoTimeout(POLL_MILLIS);
            while (members.size() < ranks) {
                accept(listening);
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException("bench scaling: " + e.getMessage(), e);
        } catch (TensorException e) {
            close();
            throw e;
        }
    }

    private void accept(ServerSocket listening) throws IOException {
        try {
            members.add(Member.of(listening.accept()));
        } catch (SocketTimeoutException e) {
            for (Process process : processes) {
                if (!process.isAlive()) {
                    throw lost(process, e);
                }
            }
        }
    }

    private List<List<String>> commands(int control) {
        String batch = Integer.toString(connection == Connection.ALONE ? samples : ranks * samples);
        List<String> common =
                List.of(model.name(), batch, connection.name(), Integer.toString(control), Integer.toString(ranks));
        List<String> flags = List.of("-Dlanewise.threads=1");
        if (connection == Connection.MPI) {
            List<String> command = new ArrayList<>(List.of("mpirun", "-np", Integer.toString(ranks)));
            command.addAll(Child.java(flags, ScalingRank.class, common));
            return List.of(command);
        }
        String port = Integer.toString(freePort());
        List<List<String>> commands = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            List<String> arguments = new ArrayList<>(common);
            arguments.addAll(List.of(Integer.toString(rank), port));
            commands.add(Child.java(flags, ScalingRank.class, arguments));
        }
        return commands;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("bench scaling: " + e.getMessage(), e);
        }
    }

    /** Trains for some seconds without measuring. */
    void warm(double seconds) {
        int steps = 1;
        double total = 0;
        do {
            double took = run(steps);
            secondsPerStep = took / steps;
            total += took;
            steps = stepsIn(Math.max(FIRST, seconds / 8));
        } while (total < seconds);
        measured = 0;
        communicated = 0;
        waited = 0;
    }

    /**
     * Trains for about some seconds.
     *
     * @return samples per second of all processes
     */
    double rate(double seconds) {
        int steps = stepsIn(seconds);
        double took = run(steps);
        secondsPerStep = took / steps;
        return (double) steps * ranks * samples / took;
    }

    private int stepsIn(double seconds) {
        return (int) Math.max(1, Math.min(1_000_000, Math.round(seconds / secondsPerStep)));
    }

    /** The seconds until the mean process has done the steps. */
    private double run(int steps) {
        members.forEach(member -> member.out.println(steps));
        double[] seconds = new double[members.size()];
        for (int i = 0; i < seconds.length; i++) {
            double[] times = answer(members.get(i));
            seconds[i] = times[0];
            measured += times[0];
            communicated += times[1];
            waited += times[2];
        }
        // Of processes for themselves the rates add up; together they end a step together.
        return seconds.length / Arrays.stream(seconds).map(s -> 1 / s).sum();
    }

    private double[] answer(Member member) {
        try {
            String line = member.in.readLine();
            if (line != null) {
                return Arrays.stream(line.split(" "))
                        .mapToDouble(Double::parseDouble)
                        .toArray();
            }
        } catch (IOException e) {
            throw lost(processes.getFirst(), e);
        }
        throw lost(processes.getFirst(), new IOException("end of its answers"));
    }

    private TensorException lost(Process process, IOException cause) {
        return new TensorException(
                "bench scaling: a process that trains " + model + " ended"
                        + (process.isAlive() ? "" : " with " + process.exitValue())
                        + " (expected it to train until it is told to end); see above",
                cause);
    }

    /** Whether the processes exchange anything. */
    boolean exchanges() {
        return connection != Connection.ALONE;
    }

    /** The part of the measured time in which gradients were exchanged, mostly beside the computation. */
    double communicationShare() {
        return communicated / measured;
    }

    /** The part of the measured time in which a process waited for others. */
    double waitedShare() {
        return waited / measured;
    }

    /** How its line calls the team. */
    String title() {
        return ranks == 1
                ? "one process"
                : exchanges()
                        ? ranks + " by " + connection.name().toLowerCase(Locale.ROOT)
                        : ranks + " that exchange nothing";
    }

    /** Samples per step of each process. */
    int samples() {
        return samples;
    }

    /** Ends the processes. */
    @Override
    public void close() {
        for (Member member : members) {
            try {
                member.socket.close();
            } catch (IOException e) {
                // The process is ended below.
            }
        }
        processes.forEach(Process::destroyForcibly);
    }
}
