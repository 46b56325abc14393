package dev.lanewise.text.jinja;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What templates can use besides their variables: loop, namespace, functions. */
final class Globals {
    private static final int MOST_IN_RANGE = 100_000;

    private Globals() {}

    /** Functions of every template. */
    static void define(Scope scope, ZonedDateTime now) {
        scope.set("range", (Py.Callable) Globals::range);
        scope.set("namespace", (Py.Callable) Namespace::of);
        scope.set("dict", (Py.Callable) Globals::dict);
        scope.set("raise_exception", (Py.Callable) a -> {
            throw TemplateError.raisedBy(Py.str(a.only("message").need(0, "message")));
        });
        scope.set("strftime_now", (Py.Callable)
                a -> Formats.date(a.only("format").string(0, "format"), now));
    }

    private static Object dict(Arguments a) {
        Map<Object, Object> out = new LinkedHashMap<>();
        if (a.values().size() > 1 || !a.values().isEmpty() && !(a.values().getFirst() instanceof Map)) {
            throw TemplateError.of("`dict` of anything but a dict and names is not supported");
        }
        a.values().forEach(map -> out.putAll((Map<?, ?>) map));
        out.putAll(a.named());
        return out;
    }

    private static Object range(Arguments a) {
        a.only("start", "stop", "step");
        boolean one = a.values().size() == 1;
        long start = one ? 0 : a.integer(0, "start", 0);
        long stop = one ? a.integer(0, "stop", 0) : a.integer(1, "stop", 0);
        long step = a.integer(2, "step", 1);
        if (step == 0) {
            throw TemplateError.of("`range` with step 0");
        }
        List<Object> out = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            if (out.size() == MOST_IN_RANGE) {
                throw TemplateError.of("`range` of more than " + MOST_IN_RANGE + " numbers");
            }
            out.add(i);
        }
        return out;
    }

    /** Attributes that outlive the scope they are set in. */
    static final class Namespace implements Operators.Attributes {
        private final Map<String, Object> values = new LinkedHashMap<>();

        static Namespace of(Arguments a) {
            Namespace out = new Namespace();
            if (!a.values().isEmpty() && a.values().getFirst() instanceof Map<?, ?> map) {
                map.forEach((key, value) -> out.set(Py.str(key), value));
            }
            a.named().forEach(out::set);
            return out;
        }

        @SuppressWarnings("NullAway") // None is a value
        void set(String name, @Nullable Object value) {
            values.put(name, value);
        }

        @Override
        public @Nullable Object attribute(String name) {
            return values.containsKey(name) ? values.get(name) : new Py.Undefined(name);
        }
    }

    /** {@code loop}. */
    static final class Loop implements Operators.Attributes {
        private final List<Object> items;
        private int index;
        private @Nullable List<Object> changed;

        Loop(List<Object> items) {
            this.items = items;
        }

        void moveTo(int to) {
            index = to;
        }

        @Override
        public @Nullable Object attribute(String name) {
            int size = items.size();
            return switch (name) {
                case "index" -> index + 1L;
                case "index0" -> (long) index;
                case "revindex" -> (long) size - index;
                case "revindex0" -> size - index - 1L;
                case "first" -> index == 0;
                case "last" -> index == size - 1;
                case "length" -> (long) size;
                // only recursive loops are deeper
                case "depth" -> 1L;
                case "depth0" -> 0L;
                case "previtem" -> index > 0 ? items.get(index - 1) : new Py.Undefined("there is no previous item");
                case "nextitem" -> index < size - 1 ? items.get(index + 1) : new Py.Undefined("there is no next item");
                case "cycle" ->
                    (Py.Callable) a -> {
                        if (a.values().isEmpty()) {
                            throw TemplateError.of("`loop.cycle` of nothing");
                        }
                        return a.values().get(index % a.values().size());
                    };
                case "changed" ->
                    (Py.Callable) a -> {
                        boolean same = changed != null && Py.equal(changed, a.values());
                        changed = a.values();
                        return !same;
                    };
                default -> new Py.Undefined("loop." + name);
            };
        }
    }
}
