package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WatchTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    /** Another thread than the one that closes has found out why all ends. */
    @Test
    @Timeout(300)
    void connectionsStayOpenUntilTheReasonHasBeenTold() throws InterruptedException {
        SlowControl control = new SlowControl();
        Watch watch = new Watch(0, Map.of(1, control), LONG, LONG, () -> {});
        Thread telling = Thread.ofPlatform().start(() -> watch.fail("rank 2 failed: no such file"));
        control.writing.await();
        Thread closing = Thread.ofPlatform().start(watch::close);
        while (closing.getState() != Thread.State.TIMED_WAITING && closing.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
        control.mayEnd.countDown();
        telling.join();
        closing.join();
        assertThat(control.events).containsExactly("told", "closed");
    }

    /** The last call of all may end on one rank some time after it has on another, which leaves. */
    @Test
    @Timeout(300)
    void rankThatLeavesAfterACallIsNotMissedInIt() throws InterruptedException {
        Goodbye control = new Goodbye(2);
        Watch watch = new Watch(0, Map.of(1, control), LONG, LONG, () -> {});
        watch.enter();
        watch.leave();
        watch.enter();
        // rank 0 looks around after each message
        control.messages.acquire(3);
        assertThat(watch.failure()).isNull();
        watch.leave();
        watch.enter();
        while (watch.failure() == null) {
            control.messages.acquire();
        }
        assertThat(watch.failure()).isEqualTo("rank 1 has left, but rank 0 waits for it in call 3");
        watch.close();
    }

    /** A rank that leaves at once, after some calls. */
    private record Goodbye(long calls, Semaphore messages) implements Control {
        Goodbye(long calls) {
            this(calls, new Semaphore(0));
        }

        @Override
        public void write(byte[] message) {
            messages.release();
        }

        @Override
        public byte[] read(int most, long deadline) {
            return ByteBuffer.allocate(1 + Long.BYTES)
                    .put((byte) 2)
                    .putLong(calls)
                    .array();
        }

        @Override
        public void close() {}
    }

    /** A connection that takes a message only when it may. */
    private static final class SlowControl implements Control {
        final List<String> events = new CopyOnWriteArrayList<>();
        final CountDownLatch writing = new CountDownLatch(1);
        final CountDownLatch mayEnd = new CountDownLatch(1);
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public void write(byte[] message) {
            writing.countDown();
            await(mayEnd);
            events.add("told");
        }

        @Override
        public byte[] read(int most, long deadline) throws IOException {
            await(closed);
            throw new IOException("closed");
        }

        @Override
        public void close() {
            events.add("closed");
            closed.countDown();
        }

        private static void await(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
