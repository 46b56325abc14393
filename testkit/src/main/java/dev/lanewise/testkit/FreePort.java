package dev.lanewise.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for processes that listen only some time after a test has named theirs. */
public final class FreePort {
    /** Below those that systems give away by themselves: no connection of another process takes it meanwhile. */
    private static final int LEAST = 15_000;

    private static final int MOST = 32_000;
    private static final int TRIES = 100;

    private FreePort() {}

    /**
     * A port of loopback that nobody listens at.
     *
     * @return its number
     * @throws IOException if none is found
     */
    public static int find() throws IOException {
        for (int i = 0; ; i++) {
            int port = ThreadLocalRandom.current().nextInt(LEAST, MOST);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                if (i == TRIES) {
                    throw taken;
                }
            }
        }
    }
}
