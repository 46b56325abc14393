package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
final class SocketRingTest {
    private static float[] numbers(int rank, int count) {
        Random random = new Random(rank * 31L + count);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static float[] summed(SocketRing ring, float[] mine) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, mine);
            ring.allReduce(data, DType.F32);
            return data.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 5", "2, 0", "2, 1", "2, 1000", "3, 2", "3, 100003", "4, 3", "4, 700001", "5, 1500007"})
    void allRanksGetTheSameSumsAndInEveryRunTheSameBits(int size, int count) throws Exception {
        double[] expected = new double[count];
        for (int rank = 0; rank < size; rank++) {
            float[] numbers = numbers(rank, count);
            for (int i = 0; i < count; i++) {
                expected[i] += numbers[i];
            }
        }
        List<float[]> first = Ranks.run(size, ring -> summed(ring, numbers(ring.rank(), count)));
        double worst = 0;
        for (int i = 0; i < count; i++) {
            worst = Math.max(worst, Math.abs(first.getFirst()[i] - expected[i]));
        }
        assertThat(worst).isLessThan(4e-6);
        List<float[]> second = Ranks.run(size, ring -> summed(ring, numbers(ring.rank(), count)));
        for (int rank = 0; rank < size; rank++) {
            assertThat(first.get(rank)).isEqualTo(first.getFirst());
            assertThat(second.get(rank)).isEqualTo(first.getFirst());
        }
    }

    @Test
    void notANumberAndInfinityReachAll() throws Exception {
        List<float[]> sums = Ranks.run(
                3,
                ring -> summed(
                        ring,
                        ring.rank() == 1
                                ? new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1, Float.MAX_VALUE}
                                : new float[] {1, 2, 3, Float.MAX_VALUE}));
        for (float[] sum : sums) {
            assertThat(sum).containsExactly(Float.NaN, Float.POSITIVE_INFINITY, 7, Float.POSITIVE_INFINITY);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 0, 17", "2, 1, 3000001", "3, 2, 0", "4, 1, 5000000", "4, 3, 1048576"})
    void allRanksGetTheBytesOfTheRoot(int size, int root, int count) throws Exception {
        byte[] expected = new byte[count];
        new Random(7).nextBytes(expected);
        List<byte[]> all = Ranks.run(size, ring -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment data = arena.allocate(count);
                if (ring.rank() == root) {
                    data.copyFrom(MemorySegment.ofArray(expected));
                }
                ring.broadcast(data, root);
                ring.barrier();
                return data.toArray(ValueLayout.JAVA_BYTE);
            }
        });
        assertThat(all)
                .allSatisfy(bytes -> assertThat(Arrays.equals(bytes, expected)).isTrue());
    }

    @Test
    void ranksThatMakeOtherCallsAreTold() throws Exception {
        List<String> messages =
                Ranks.messages(3, Ranks.OPTIONS, ring -> summed(ring, new float[ring.rank() == 1 ? 8 : 4]));
        assertThat(messages)
                .allMatch(message -> message.contains("all-reduce F32 of 32 bytes as call 1")
                        && message.contains("all-reduce F32 of 16 bytes"));
    }

    @Test
    void failureOfARankEndsAllWithItsReason() throws Exception {
        List<String> messages = Ranks.messages(4, Ranks.OPTIONS, ring -> {
            ring.barrier();
            if (ring.rank() == 2) {
                ring.abort("no such file");
                throw new IllegalStateException("no such file");
            }
            return summed(ring, new float[100]);
        });
        assertThat(messages.remove(2)).isEqualTo("no such file");
        assertThat(messages).hasSize(3).allMatch(message -> message.contains("rank 2 failed: no such file"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void rankThatLeavesTooEarlyIsNamed(int leaving) throws Exception {
        List<String> messages = Ranks.messages(4, Ranks.OPTIONS, ring -> {
            ring.barrier();
            return ring.rank() == leaving ? new float[0] : summed(ring, new float[100]);
        });
        assertThat(messages.remove(leaving)).isEmpty();
        assertThat(messages).allMatch(message -> message.contains("rank " + leaving + " has left"));
    }

    @Test
    void rankThatHangsIsReported() throws Exception {
        var impatient = new SocketRing.Options(Duration.ofMinutes(1), Duration.ofSeconds(30), Duration.ofSeconds(2));
        CountDownLatch told = new CountDownLatch(2);
        List<String> messages = Ranks.messages(3, impatient, ring -> {
            ring.barrier();
            if (ring.rank() == 1) {
                told.await();
            }
            try {
                return summed(ring, new float[100]);
            } finally {
                told.countDown();
            }
        });
        assertThat(messages).allMatch(message -> message.contains("rank 1 hangs: it has not come to call 2"));
    }

    @Test
    void strangersAreRefusedAndTheRingIsMadeAllTheSame() throws Exception {
        try (ServerSocketChannel listening =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            InetSocketAddress master = (InetSocketAddress) listening.getLocalAddress();
            var first = CompletableFuture.supplyAsync(
                    () -> SocketRing.lead(listening, 2, Ranks.SECRET, Ranks.OPTIONS), Thread.ofPlatform()::start);
            for (String said : List.of("GET / HTTP/1.1\r\n\r\n", "\0\0\0P" + "x".repeat(80))) {
                try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), master.getPort())) {
                    stranger.setSoTimeout(60_000);
                    stranger.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
                    InputStream answer = stranger.getInputStream();
                    // the random number, then nothing
                    assertThat(answer.readNBytes(36)).hasSize(36);
                    assertThat(read(answer)).isNegative();
                }
            }
            byte[] wrong = "another secret, as long".getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> SocketRing.join(1, 2, master, wrong, Ranks.OPTIONS))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("it did not accept the secret");
            assertThatThrownBy(() -> SocketRing.join(1, 3, master, Ranks.SECRET, Ranks.OPTIONS))
                    .hasMessageContaining("rank 1 expects 3 ranks where rank 0 expects 2");
            try (SocketRing second = SocketRing.join(1, 2, master, Ranks.SECRET, Ranks.OPTIONS);
                    SocketRing leader = first.get()) {
                var sum = CompletableFuture.supplyAsync(
                        () -> summed(leader, new float[] {1}), Thread.ofPlatform()::start);
                assertThat(summed(second, new float[] {2})).containsExactly(3);
                assertThat(sum.get()).containsExactly(3);
            }
        }
    }

    @Test
    void ranksOfAnotherVersionAndThoseThatAreThereAlreadyAreTold() throws Exception {
        // what a handshake needs is loaded before its time begins
        assertThat(Ranks.run(2, SocketRing::size)).containsExactly(2, 2);
        var hasty = new SocketRing.Options(Duration.ofSeconds(4), Duration.ofSeconds(5), Duration.ofSeconds(2));
        try (ServerSocketChannel listening =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            int port = listening.socket().getLocalPort();
            var leader = CompletableFuture.supplyAsync(
                    () -> SocketRing.lead(listening, 3, Ranks.SECRET, hasty), Thread.ofPlatform()::start);
            try (Socket old = new Socket(InetAddress.getLoopbackAddress(), port);
                    Socket first = new Socket(InetAddress.getLoopbackAddress(), port);
                    Socket second = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThatThrownBy(() -> introduce(old, Handshake.PROTOCOL + 1))
                        .hasMessage("it has another version of Lanewise (ranks speak protocol 2 and 1); take the same"
                                + " for all");
                introduce(first, Handshake.PROTOCOL);
                assertThatThrownBy(() -> introduce(second, Handshake.PROTOCOL)).hasMessage("there is a rank 1 already");
                assertThatThrownBy(leader::join).hasMessageContaining("ranks [2] of 3 did not come");
            }
        }
    }

    private static void introduce(Socket socket, int protocol) throws IOException {
        new Handshake(Ranks.SECRET, protocol)
                .introduce(
                        new Frames(socket),
                        new Handshake.Hello(Handshake.Purpose.CONTROL, 1, 3, 1),
                        System.nanoTime() + Duration.ofMinutes(1).toNanos());
    }

    @Test
    void crowdOfSilentStrangersKeepsNoRankOut() throws Exception {
        try (ServerSocketChannel listening =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            InetSocketAddress master = (InetSocketAddress) listening.getLocalAddress();
            var leader = CompletableFuture.supplyAsync(
                    () -> SocketRing.lead(listening, 2, Ranks.SECRET, Ranks.OPTIONS), Thread.ofPlatform()::start);
            List<Socket> crowd = new ArrayList<>();
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                crowd.add(new Socket(InetAddress.getLoopbackAddress(), master.getPort()));
            }
            var other = CompletableFuture.supplyAsync(
                    () -> SocketRing.join(1, 2, master, Ranks.SECRET, Ranks.OPTIONS), Thread.ofPlatform()::start);
            Thread.sleep(300);
            boolean early = leader.isDone() && System.nanoTime() - start < Rendezvous.HANDSHAKE_NANOS;
            assertThat(early).as("64 are heard out at a time").isFalse();
            for (Socket stranger : crowd) {
                stranger.close();
            }
            var bothLeave = leader.thenAcceptBoth(other, (one, two) -> one.close());
            other.get().close();
            bothLeave.get();
        }
    }

    private static int read(InputStream answer) {
        try {
            return answer.read();
        } catch (IOException e) {
            // reset: it was closed with what the stranger said unread
            return -1;
        }
    }

    @Test
    void ranksThatDoNotComeAreNamed() {
        var hasty = new SocketRing.Options(Duration.ofMillis(300), Duration.ofSeconds(5), Duration.ofSeconds(2));
        assertThatThrownBy(() -> SocketRing.join(
                        0, 3, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Ranks.SECRET, hasty))
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining("ranks [1, 2] of 3 did not come");
    }

    @Test
    void badArgumentsAreNamed() {
        InetSocketAddress master = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        assertThatThrownBy(() -> SocketRing.join(2, 2, master, Ranks.SECRET)).hasMessageContaining("rank 2 of 2");
        assertThatThrownBy(() -> SocketRing.join(0, 2, master, new byte[3])).hasMessageContaining("secret of 3 bytes");
        try (SocketRing alone =
                SocketRing.join(0, 1, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Ranks.SECRET)) {
            assertThatThrownBy(() -> alone.allReduce(MemorySegment.NULL, DType.I32))
                    .hasMessageContaining("I32 (expected F32 or F64)");
            assertThatThrownBy(() -> alone.broadcast(MemorySegment.NULL, 1)).hasMessageContaining("root 1");
        }
    }
}
