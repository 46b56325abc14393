package dev.lanewise.serve;

import dev.lanewise.serve.http.Refusal;
import dev.lanewise.serve.name.VersionOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The models that are served, by name and version. Readers never wait; a change replaces the whole. */
final class Models implements AutoCloseable {
    private volatile Map<String, NavigableMap<String, Served>> all = Map.of();
    private boolean closed;

    /**
     * The model that a request means.
     *
     * @param version null for the newest
     * @throws Refusal if there is none
     */
    Served find(String name, @Nullable String version) {
        NavigableMap<String, Served> versions = all.get(name);
        if (versions == null || versions.isEmpty()) {
            throw Refusal.notFound("no model of this name; expected one of " + all.keySet());
        }
        Served served = version == null ? versions.lastEntry().getValue() : versions.get(version);
        if (served == null) {
            throw Refusal.notFound("no such version of '" + name + "'; expected one of " + versions.keySet());
        }
        return served;
    }

    List<String> versions(String name) {
        return List.copyOf(
                all.getOrDefault(name, Collections.emptyNavigableMap()).keySet());
    }

    /** Does something with the newest version of each. */
    void forEachNewest(Consumer<Served> action) {
        all.values().forEach(versions -> action.accept(versions.lastEntry().getValue()));
    }

    /** Does something with all of them. */
    void forEach(Consumer<Served> action) {
        all.values().forEach(versions -> versions.values().forEach(action));
    }

    /**
     * Serves a version from now on; one of the same name and version answers what it has accepted, and ends. Once all have ended,
     * one that was still being read ends as well.
     */
    void put(Served served) {
        Served replaced = served;
        synchronized (this) {
            if (!closed) {
                NavigableMap<String, Served> versions = copy(served.name());
                replaced = versions.put(served.version(), served);
                replace(served.name(), versions);
            }
        }
        if (replaced != null) {
            replaced.retire();
        }
    }

    /** Serves a version no longer; what it has accepted is answered. */
    void remove(String name, String version) {
        Served removed;
        synchronized (this) {
            NavigableMap<String, Served> versions = copy(name);
            removed = versions.remove(version);
            replace(name, versions);
        }
        if (removed != null) {
            removed.retire();
        }
    }

    private NavigableMap<String, Served> copy(String name) {
        NavigableMap<String, Served> versions = new TreeMap<>(VersionOrder.COMPARATOR);
        versions.putAll(all.getOrDefault(name, Collections.emptyNavigableMap()));
        return versions;
    }

    private void replace(String name, NavigableMap<String, Served> versions) {
        Map<String, NavigableMap<String, Served>> copy = new TreeMap<>(all);
        if (versions.isEmpty()) {
            copy.remove(name);
        } else {
            copy.put(name, Collections.unmodifiableNavigableMap(versions));
        }
        all = Collections.unmodifiableMap(copy);
    }

    /** Ends all: what has been accepted is answered. */
    @Override
    public void close() {
        List<Served> served = new ArrayList<>();
        synchronized (this) {
            closed = true;
            all.values().forEach(versions -> served.addAll(versions.values()));
            all = Map.of();
        }
        served.forEach(Served::close);
    }
}
