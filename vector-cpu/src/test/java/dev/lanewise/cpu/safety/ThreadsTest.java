package dev.lanewise.cpu.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Backends;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The worker threads: they survive what happens to a caller, and they end when they are no longer needed. */
final class ThreadsTest {
    @Test
    void aStackOverflowLeavesTheWorkersUsable() throws Exception {
        assertThat(Children.run(Overflow.class, List.of())).contains("threads 3");
    }

    @Test
    void threadsThatCannotBeStartedLeaveTheOthersUsable() throws Exception {
        assumeTrue(new File("/bin/bash").canExecute(), "needs a shell that limits memory");
        // 64 stacks of 1 GiB of address space do not fit
        assertThat(Children.runLimited(
                        "ulimit -v 30000000", Overflow.class, List.of("-Dlanewise.threads=64", "-Xss1g"), "few"))
                .contains("sum right")
                .contains("threads ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "4097", "99999999999", "many", ""})
    void aNumberOfThreadsOutOfRangeIsAnErrorThatSaysSo(String number) throws Exception {
        assertThat(Children.run(Wrong.class, List.of("-Dlanewise.threads=" + number)))
                .contains("lanewise.threads: '" + number + "' (expected a number from 1 to 4096)");
    }

    @Test
    @Tag("long")
    void aRedeployedApplicationLeavesNothingBehind() throws Exception {
        // what the JDK's caches hold softly is no leak
        assertThat(Children.run(Server.class, List.of("-XX:SoftRefLRUPolicyMSPerMB=0"), "own"))
                .contains("left 0 of 5");
    }

    @Test
    void workersHoldNoClassLoaderOfTheThreadThatStartedThem() throws Exception {
        assertThat(Children.run(Server.class, List.of(), "shared")).contains("left 0 of 5");
    }

    /** Calls an operation at every depth near the end of the stack, then counts who works. */
    static final class Overflow {
        private Overflow() {}

        private static int overflows;

        public static void main(String[] args) throws Exception {
            Tensor x = Tensor.ones(1 << 20).keep();
            if (args.length == 0) {
                for (int i = 0; i < 20; i++) {
                    Thread thread = new Thread(null, () -> descend(x), "deep", 256 << 10);
                    thread.start();
                    thread.join();
                }
            }
            Set<Thread> seen = ConcurrentHashMap.newKeySet();
            int wanted = args.length == 0 ? 3 : 1;
            long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            // a worker that the system wakes up late finds no task left
            for (int i = 0; i < 200 || seen.size() < wanted && System.nanoTime() < patience; i++) {
                Workers.run(3, task -> {
                    seen.add(Thread.currentThread());
                    pause();
                });
            }
            System.out.println("overflows " + overflows + " threads " + seen.size());
            System.out.println(x.sum().item() == 1 << 20 ? "sum right" : "sum wrong");
        }

        /** The deeper calls end in the overflow; on the way up operations are tried with ever more room. */
        @SuppressWarnings("InfiniteRecursion") // on purpose
        private static void descend(Tensor x) {
            try {
                descend(x);
            } catch (StackOverflowError e) {
                overflows++;
                throw e;
            } finally {
                if (overflows % 7 == 1) {
                    attempt();
                }
            }
        }

        private static void attempt() {
            try {
                Workers.run(6, task -> pause());
            } catch (StackOverflowError e) {
                // what a caller with too little stack gets
            }
        }

        private static void pause() {
            for (int i = 0; i < 2_000; i++) {
                Thread.onSpinWait();
            }
        }
    }

    /** Asks for a tensor. */
    static final class Wrong {
        private Wrong() {}

        public static void main(String[] args) {
            try {
                System.out.println(Tensor.ones(1));
            } catch (RuntimeException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** What is deployed: computes on the workers, and leaves its tensors to the collector. */
    public static final class Application implements Runnable {
        /** For the server. */
        public Application() {}

        @Override
        public void run() {
            Tensor model = Tensor.rand(300, 300);
            double sum = model.matmul(model).sum().item();
            if (sum < 0) {
                throw new AssertionError("sum " + sum);
            }
            if (Application.class.getClassLoader().equals(Tensor.class.getClassLoader())) {
                Backends.shutdown();
            }
        }
    }

    /** Deploys the application five times, with the library in the application's loader or in its own. */
    static final class Server {
        private Server() {}

        public static void main(String[] args) throws Exception {
            int left = 0;
            List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                loaders.add(deploy(args[0].equals("own")));
            }
            for (WeakReference<ClassLoader> loader : loaders) {
                for (int i = 0; i < 250 && loader.get() != null; i++) {
                    System.gc();
                    Thread.sleep(20);
                }
                left += loader.get() == null ? 0 : 1;
            }
            System.out.println("left " + left + " of " + loaders.size());
        }

        private static WeakReference<ClassLoader> deploy(boolean own) throws Exception {
            URL[] urls = Arrays.stream(Children.classPath().split(File.pathSeparator))
                    .map(Server::url)
                    .toArray(URL[]::new);
            ClassLoader shared = Server.class.getClassLoader();
            URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader()) {
                @Override
                protected Class<?> findClass(String name) throws ClassNotFoundException {
                    return own || name.contains("Application") ? super.findClass(name) : shared.loadClass(name);
                }
            };
            Runnable application = (Runnable) loader.loadClass(Application.class.getName())
                    .getConstructor()
                    .newInstance();
            Thread thread = new Thread(application, "request");
            thread.setContextClassLoader(loader);
            thread.start();
            thread.join();
            loader.close();
            return new WeakReference<>(loader);
        }

        private static URL url(String path) {
            try {
                return Path.of(path).toUri().toURL();
            } catch (java.net.MalformedURLException e) {
                throw new IllegalArgumentException(e);
            }
        }
    }
}
