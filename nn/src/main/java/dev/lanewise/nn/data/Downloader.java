package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Downloads files over HTTP from the first mirror that delivers them whole: length and SHA-256 are checked before a
 * file appears under its name, and an interrupted download continues where it stopped (from {@code NAME.part}).
 *
 * <p>A mirror that cannot be connected to, does not answer or stalls is abandoned after a timeout, so a machine without
 * a network fails within seconds; one that delivers too slowly is abandoned as well, see {@link #Downloader()}.
 */
public final class Downloader {
    /** The slowest average rate at which a mirror is waited for, in bytes per second. */
    private static final long SLOWEST = 32_768;

    private static final Duration LEAST = Duration.ofMinutes(1);

    private final Duration answer;
    private final Duration stall;
    private final @Nullable Duration overall;

    /**
     * A downloader that abandons a mirror after 3 seconds without an answer, after 10 without data, or when it takes
     * longer in total than one minute plus one second per 32 KiB.
     */
    public Downloader() {
        this(Duration.ofSeconds(3), Duration.ofSeconds(10), null);
    }

    /**
     * A downloader like {@link #Downloader()}, with other timeouts.
     *
     * @param answer how long a mirror may take to send the header of its answer, including the name look-up
     * @param stall how long it may then send nothing
     */
    public Downloader(Duration answer, Duration stall) {
        this(answer, stall, null);
    }

    /**
     * A downloader with all its timeouts.
     *
     * @param answer how long a mirror may take to send the header of its answer, including the name look-up
     * @param stall how long it may then send nothing
     * @param overall how long it may take in total; the next mirror, or the next call, continues where it stopped; null
     *     for one minute plus one second per 32 KiB of the file
     */
    public Downloader(Duration answer, Duration stall, @Nullable Duration overall) {
        Objects.requireNonNull(answer, "answer");
        Objects.requireNonNull(stall, "stall");
        this.answer = answer;
        this.stall = stall;
        this.overall = overall;
    }

    private Duration overall(RemoteFile file) {
        return overall == null ? LEAST.plusSeconds(file.bytes() / SLOWEST) : overall;
    }

    /**
     * Downloads a file into a folder, unless it is there already.
     *
     * @param file its name, length and checksum
     * @param mirrors addresses to append the file's name to, tried in order
     * @param folder created if missing
     * @param listener told about the progress
     * @return the path of the whole, checked file
     * @throws DownloadException if no mirror delivered it, with every mirror's reason
     * @throws BadFileException if the folder is not writable
     */
    public Path fetch(RemoteFile file, List<URI> mirrors, Path folder, DownloadListener listener) {
        Path target = folder.resolve(file.name());
        try {
            if (isWhole(target, file)) {
                return target;
            }
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw BadFileException.unwritable(target, failure);
        }
        List<String> reasons = new ArrayList<>();
        for (URI mirror : mirrors) {
            URI address = URI.create(mirror + file.name());
            try {
                fetch(file, address, target, listener);
                return target;
            } catch (MirrorFailure failure) {
                reasons.add(address.getHost() + ": " + failure.getMessage());
            } catch (IOException failure) {
                throw BadFileException.unwritable(target, failure);
            }
        }
        throw new DownloadException(
                file.name(),
                "no mirror that delivers it (" + String.join("; ", reasons) + ")",
                file.bytes() + " bytes with the SHA-256 " + file.sha256(),
                "check the network, or get the file elsewhere and name its folder",
                null);
    }

    /**
     * {@return whether the file exists with the right length and checksum}
     *
     * @param path where the file may be
     * @param file its name, length and checksum
     */
    public static boolean isWhole(Path path, RemoteFile file) {
        Objects.requireNonNull(file, "file");
        try {
            return Files.isRegularFile(path)
                    && Files.size(path) == file.bytes()
                    && sha256(path).equals(file.sha256());
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** What one mirror did wrong; the next one is tried. */
    private static final class MirrorFailure extends Exception {
        private static final long serialVersionUID = 1L;

        MirrorFailure(String reason) {
            super(reason);
        }
    }

    private void fetch(RemoteFile file, URI address, Path target, DownloadListener listener)
            throws IOException, MirrorFailure {
        Path part = target.resolveSibling(file.name() + ".part");
        // Through a link the download would write somewhere else, and a pipe would block it.
        boolean ordinary =
                Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS) || !Files.exists(part, LinkOption.NOFOLLOW_LINKS);
        if (ordinary && completeIfFree(file, address, part, listener)) {
            moveInto(part, target, file);
            return;
        }
        // Another process or thread is writing the shared part, or it is a link: this call uses a file of its own.
        String unique = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        Path own = target.resolveSibling(file.name() + "." + unique + ".part");
        try {
            completeIfFree(file, address, own, listener);
            moveInto(own, target, file);
        } finally {
            Files.deleteIfExists(own);
        }
    }

    /** Completes a part and checks its content; false if another process or thread has locked it. */
    private boolean completeIfFree(RemoteFile file, URI address, Path part, DownloadListener listener)
            throws IOException, MirrorFailure {
        try (FileChannel channel = FileChannel.open(
                part,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.READ,
                LinkOption.NOFOLLOW_LINKS)) {
            if (lock(channel) == null) {
                return false;
            }
            complete(file, address, channel, listener);
            return true;
        }
    }

    private static void moveInto(Path part, Path target, RemoteFile file) throws IOException {
        try {
            // In one step: otherwise a file already written by another process would be missing for a moment.
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException moved) {
            // Another process may have found the part complete and moved it in the meantime.
            if (!isWhole(target, file)) {
                throw moved;
            }
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private void complete(RemoteFile file, URI address, FileChannel channel, DownloadListener listener)
            throws IOException, MirrorFailure {
        boolean resumed = channel.size() > 0;
        if (channel.size() < file.bytes()) {
            receive(file, address, channel, listener);
        }
        String found = sha256(channel);
        if (!found.equals(file.sha256())) {
            channel.truncate(0);
            if (!resumed) {
                throw new MirrorFailure("wrong SHA-256 " + found);
            }
            // What an earlier download left may be at fault.
            complete(file, address, channel, listener);
        }
        channel.force(true);
    }

    private void receive(RemoteFile file, URI address, FileChannel channel, DownloadListener listener)
            throws IOException, MirrorFailure {
        AtomicReference<@Nullable InputStream> body = new AtomicReference<>();
        AtomicLong received = new AtomicLong(-1);
        FutureTask<@Nullable Void> transfer = new FutureTask<>(() -> {
            transfer(file, address, channel, body, received);
            return null;
        });
        // A platform thread: name look-up blocks in native code, beyond the reach of any timeout of the client's.
        Thread.ofPlatform().daemon().name("lanewise-download").start(transfer);
        try {
            await(transfer, received, file, listener);
        } finally {
            transfer.cancel(true);
            InputStream open = body.get();
            if (open != null) {
                open.close();
            }
        }
    }

    private void await(FutureTask<?> transfer, AtomicLong received, RemoteFile file, DownloadListener listener)
            throws IOException, MirrorFailure {
        long last = received.get();
        long since = System.nanoTime();
        long start = since;
        long most = overall(file).toNanos();
        while (true) {
            try {
                transfer.get(100, TimeUnit.MILLISECONDS);
                listener.received(file.name(), received.get(), file.bytes());
                return;
            } catch (TimeoutException stillRunning) {
                long now = received.get();
                Duration limit = now < 0 ? answer : stall;
                if (System.nanoTime() - start > most) {
                    throw new MirrorFailure("too slow, only " + Math.max(0, now) + " of " + file.bytes()
                            + " bytes after " + Duration.ofNanos(most).toMillis() + " ms");
                }
                if (now != last) {
                    last = now;
                    since = System.nanoTime();
                    listener.received(file.name(), now, file.bytes());
                } else if (System.nanoTime() - since > limit.toNanos()) {
                    throw new MirrorFailure((now < 0 ? "no answer for " : "no data for ") + limit.toMillis() + " ms");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new MirrorFailure("interrupted");
            } catch (ExecutionException failure) {
                throw asMirrorFailure(failure.getCause());
            }
        }
    }

    private static MirrorFailure asMirrorFailure(@Nullable Throwable cause) throws IOException {
        if (cause instanceof MirrorFailure failure) {
            return failure;
        }
        if (cause instanceof FileSystemException disk) {
            throw disk;
        }
        String message = cause == null ? null : cause.getMessage();
        String kind = cause == null ? "failure" : cause.getClass().getSimpleName();
        return new MirrorFailure(message == null || message.isBlank() ? kind : kind + ": " + message);
    }

    private void transfer(
            RemoteFile file,
            URI address,
            FileChannel channel,
            AtomicReference<@Nullable InputStream> body,
            AtomicLong received)
            throws IOException, InterruptedException, MirrorFailure {
        long start = channel.size();
        try (HttpClient client = HttpClient.newBuilder()
                .connectTimeout(answer)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(address).timeout(answer).GET();
            if (start > 0) {
                request.header("Range", "bytes=" + start + "-");
            }
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                body.set(in);
                long position = position(response, channel, start);
                channel.truncate(position).position(position);
                copy(in, channel, file.bytes(), received);
            } finally {
                client.shutdownNow();
            }
        }
    }

    /** Where the answer's body starts in the file. */
    private static long position(HttpResponse<?> response, FileChannel channel, long asked)
            throws IOException, MirrorFailure {
        return switch (response.statusCode()) {
            case 200 -> 0;
            case 206 -> {
                String range = response.headers().firstValue("Content-Range").orElse("");
                if (!range.startsWith("bytes " + asked + "-")) {
                    throw new MirrorFailure("a part that was not asked for (" + range + ")");
                }
                yield asked;
            }
            case 416 -> {
                channel.truncate(0);
                throw new MirrorFailure("HTTP status 416, nothing to resume");
            }
            default -> throw new MirrorFailure("HTTP status " + response.statusCode());
        };
    }

    private static void copy(InputStream in, FileChannel channel, long limit, AtomicLong received)
            throws IOException, MirrorFailure {
        byte[] buffer = new byte[1 << 16];
        received.set(channel.position());
        for (int read = in.read(buffer); read != -1; read = in.read(buffer)) {
            if (channel.position() + read > limit) {
                channel.truncate(0);
                throw new MirrorFailure("more than " + limit + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            received.set(channel.position());
        }
        if (channel.position() < limit) {
            throw new MirrorFailure("only " + channel.position() + " of " + limit + " bytes");
        }
    }

    private static String sha256(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return sha256(channel);
        }
    }

    private static String sha256(FileChannel channel) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            channel.position(0);
            while (channel.read(buffer.clear()) != -1) {
                digest.update(buffer.flip());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
