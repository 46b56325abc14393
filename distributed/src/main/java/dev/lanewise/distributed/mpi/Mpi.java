package dev.lanewise.distributed.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * MPI in this process: it begins once, and ends with the process. Calls may come from several threads, and none of them waits for
 * another rank: requests are tested, so that a rank that does not answer never blocks a thread inside the library.
 */
public final class Mpi {
    private static final Object STARTING = new Object();
    private static @Nullable Mpi started;
    private static @Nullable String refused;

    private final MpiCalls calls;
    private final ReentrantLock lock = new ReentrantLock();
    private final MemorySegment flag = Arena.global().allocate(ValueLayout.JAVA_INT);
    private final String version;
    private final int rank;
    private final int size;
    // a call after the end would end the process
    private boolean finished;

    private Mpi(MpiLibrary library, Map<String, String> environment) throws MpiException {
        MpiSymbols.OPENED.open(library.symbols());
        calls = library.isOpenMpi() ? new OpenMpiCalls() : new MpichCalls();
        // behind a comma Open MPI tells who built it
        version = text(calls::version, calls.mostVersion()).replaceAll(",.*", "") + " (" + library.name() + ")";
        if (!library.isOpenMpi() && !version.matches(".*(MPICH|Intel|MVAPICH).*")) {
            throw new MpiException(
                    version + " is not known (expected Open MPI, or MPICH and its relatives); install one of them");
        }
        MemorySegment provided = Arena.global().allocate(ValueLayout.JAVA_INT);
        check("MPI_Init_thread", calls.start(provided));
        if (provided.get(ValueLayout.JAVA_INT, 0) < calls.serialized()) {
            throw new MpiException(version + " can't be called from several threads (expected"
                    + " MPI_THREAD_SERIALIZED); install one that can");
        }
        rank = number("MPI_Comm_rank", calls::rank);
        size = number("MPI_Comm_size", calls::size);
        checkLauncher(environment);
        check("MPI_Comm_dup", calls.duplicateWorld());
    }

    /**
     * MPI of this process; the first call starts it, and returns when all processes of the job have come to it.
     *
     * @return the same in every call
     * @throws MpiException if there is no library, or the processes were not started by its launcher
     */
    public static Mpi join() throws MpiException {
        synchronized (STARTING) {
            if (refused != null) {
                // MPI can't begin twice
                throw new MpiException(refused);
            }
            if (started == null) {
                try {
                    started = start(System.getenv());
                } catch (MpiException e) {
                    refused = e.getMessage();
                    throw e;
                }
            }
            return started;
        }
    }

    private static Mpi start(Map<String, String> environment) throws MpiException {
        // whether there is a library at all comes first
        leaveSignalsAlone();
        MpiLibrary library = MpiLibrary.open(environment);
        if (Launcher.of(environment) == Launcher.NONE && !environment.containsKey("PMIX_RANK")) {
            throw new MpiException(
                    "this process was not started by mpirun; start it by mpirun -np RANKS and then the command as it is");
        }
        return new Mpi(library, environment);
    }

    /** UCX, on which MPI may run, takes SIGSEGV for itself, and the JVM needs it for its null checks. */
    private static void leaveSignalsAlone() {
        Linker linker = Linker.nativeLinker();
        MemorySegment setenv = linker.defaultLookup().find("setenv").orElse(MemorySegment.NULL);
        if (setenv.equals(MemorySegment.NULL)) {
            return; // Windows, where UCX is not either
        }
        try (Arena arena = Arena.ofConfined()) {
            int failed = (int) linker.downcallHandle(
                            setenv,
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.ADDRESS,
                                    ValueLayout.ADDRESS,
                                    ValueLayout.JAVA_INT))
                    .invokeExact(arena.allocateFrom("UCX_ERROR_SIGNALS"), arena.allocateFrom(""), 1);
            assert failed == 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Under the launcher of another MPI each process is alone, without a word. */
    private void checkLauncher(Map<String, String> environment) throws MpiException {
        Launcher launcher = Launcher.of(environment);
        OptionalInt expected = launcher.size(environment);
        if (expected.isPresent() && expected.getAsInt() != size) {
            String found =
                    "the launcher started " + expected.getAsInt() + " processes, but " + version + " sees " + size;
            // each process is rank 0 of its own world, and one message is enough
            throw new MpiException(found + "; start with the mpirun of this library, or set " + MpiLibrary.VARIABLE
                    + " to the library of this mpirun");
        }
    }

    /** {@return how many ranks run on this machine, as their launcher tells} */
    public static OptionalInt localSize() {
        Map<String, String> environment = System.getenv();
        return Launcher.of(environment).localSize(environment);
    }

    /** {@return the number of this process, from 0} */
    public int rank() {
        return rank;
    }

    /** {@return how many processes there are} */
    public int size() {
        return size;
    }

    /** {@return the library's name and version, in one line} */
    public String version() {
        return version;
    }

    /**
     * What is on its way.
     *
     * @param handle MPI's own
     * @param data what is sent, or filled
     */
    public record Request(MemorySegment handle, MemorySegment data) {
        static Request of(MemorySegment data) {
            return new Request(Arena.ofAuto().allocate(ValueLayout.JAVA_LONG), data);
        }
    }

    /**
     * Sends bytes.
     *
     * @param data native memory, unchanged until the request is complete
     * @param to the rank that receives them
     * @param tag that it asks for
     * @return the request
     * @throws MpiException if MPI reports an error
     */
    public Request send(MemorySegment data, int to, int tag) throws MpiException {
        Request request = Request.of(data);
        locked("MPI_Isend", () -> calls.send(data, to, tag, request.handle));
        return request;
    }

    /**
     * Receives bytes.
     *
     * @param data native memory, as large as what is sent or larger
     * @param from the rank that sends them
     * @param tag of what it sends
     * @return the request
     * @throws MpiException if MPI reports an error
     */
    public Request receive(MemorySegment data, int from, int tag) throws MpiException {
        Request request = Request.of(data);
        locked("MPI_Irecv", () -> calls.receive(data, from, tag, request.handle));
        return request;
    }

    /**
     * Looks whether a request is complete; a complete one may be asked again.
     *
     * @param request what is on its way
     * @return whether it has arrived
     * @throws MpiException if MPI reports an error
     */
    public boolean isComplete(Request request) throws MpiException {
        lock.lock();
        try {
            checkRunning();
            check("MPI_Test", calls.test(request.handle, flag));
            return flag.get(ValueLayout.JAVA_INT, 0) != 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a request back, as far as that is possible.
     *
     * @param request to receive
     * @throws MpiException if MPI reports an error
     */
    public void cancel(Request request) throws MpiException {
        if (!isComplete(request)) {
            locked("MPI_Cancel", () -> calls.cancel(request.handle));
        }
    }

    /**
     * Ends all processes, this one too.
     *
     * @param code the exit code
     */
    public void abort(int code) {
        boolean locked = false;
        try {
            // whoever holds it may never come back
            locked = lock.tryLock(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            if (!finished) {
                calls.abort(code);
            }
        } finally {
            if (locked) {
                lock.unlock();
            }
        }
    }

    /**
     * Leaves MPI; waits until all ranks do.
     *
     * @throws MpiException if MPI reports an error
     */
    public void finish() throws MpiException {
        lock.lock();
        try {
            checkRunning();
            finished = true;
            check("MPI_Finalize", calls.finish());
        } finally {
            lock.unlock();
        }
    }

    /** A call of MPI that returns an error code. */
    private interface Call {
        int run();
    }

    /** A call of MPI that fills memory. */
    private interface Filling {
        int run(MemorySegment memory);
    }

    /** A call of MPI that writes a text and its length. */
    private interface Writing {
        int run(MemorySegment text, MemorySegment length);
    }

    private void locked(String name, Call call) throws MpiException {
        lock.lock();
        try {
            checkRunning();
            check(name, call.run());
        } finally {
            lock.unlock();
        }
    }

    private void checkRunning() throws MpiException {
        if (finished) {
            throw new MpiException("MPI has ended, with this process");
        }
    }

    private void check(String name, int code) throws MpiException {
        if (code != 0) {
            throw new MpiException(name + " failed: "
                    + text((text, length) -> calls.errorText(code, text, length), calls.mostErrorText()));
        }
    }

    private int number(String name, Filling call) throws MpiException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
            check(name, call.run(number));
            return number.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** A text's first line. */
    private static String text(Writing call, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(most + 1L);
            MemorySegment length = arena.allocate(ValueLayout.JAVA_INT);
            call.run(text, length);
            int bytes = Math.clamp(length.get(ValueLayout.JAVA_INT, 0), 0, most);
            String all = new String(text.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
            return all.strip().lines().findFirst().orElse("").replaceAll("[\\s\\x00]+", " ");
        }
    }
}
