package dev.lanewise.nn;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Warns of fields of users' layers that hold a layer or parameter which is not among a model's when its parameters are
 * collected: an optimizer would not train it. Each field is reported once. A layer that is called in another's call
 * without being listed is an error anyway; this tells earlier, and of those that are used outside such calls.
 */
final class UnlistedFields {
    private static final Logger LOGGER = System.getLogger(UnlistedFields.class.getName());

    /** Layers of Lanewise list what they hold. */
    private static final String OWN = "dev.lanewise.";

    /** How many objects inside one another are looked into. */
    private static final int DEPTH = 4;

    /** How many objects are looked at for one field: parameters are collected often, and lists may be long. */
    private static final int MOST = 1000;

    /** The fields of a class that are not reported yet; kept with the class, so that both can be unloaded. */
    private static final ClassValue<Fields> FIELDS = new ClassValue<>() {
        @Override
        protected Fields computeValue(Class<?> type) {
            return fields(type);
        }
    };

    /**
     * Fields that may hold layers or parameters.
     *
     * @param open those that can be read
     * @param closed those of layers and parameters that can't, as their package is not open
     */
    private record Fields(Set<Field> open, Set<Field> closed) {
        boolean isEmpty() {
            return open.isEmpty() && closed.isEmpty();
        }
    }

    private UnlistedFields() {}

    private static Fields fields(Class<?> type) {
        Fields fields = new Fields(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
        for (Class<?> c = type; c != null && !isForeign(c); c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                boolean outer = field.isSynthetic() && field.getName().startsWith("this$");
                if (outer || Modifier.isStatic(field.getModifiers()) || !mayHold(field.getType())) {
                    continue;
                }
                if (field.trySetAccessible()) {
                    fields.open.add(field);
                } else if (isMember(field.getType())) {
                    fields.closed.add(field);
                }
            }
        }
        return fields;
    }

    private static boolean isMember(Class<?> type) {
        return Layer.class.isAssignableFrom(type) || type == Parameter.class;
    }

    /** Whether a class is no user's, so that its fields are its own business. */
    private static boolean isForeign(Class<?> type) {
        return type.getName().startsWith(OWN) || type.getName().startsWith("java.") || type.isHidden();
    }

    private static boolean mayHold(Class<?> type) {
        if (type.isArray()) {
            return mayHold(type.componentType());
        }
        boolean isContainer = type == Object.class
                || type == Iterable.class
                || type == Optional.class
                || Collection.class.isAssignableFrom(type)
                || Map.class.isAssignableFrom(type);
        return isMember(type) || isContainer || !type.isPrimitive() && !type.isEnum() && !isForeign(type);
    }

    /**
     * Looks at all layers of a model; not at those of a part of a model that was looked at, which may refer to what another
     * part holds.
     */
    static void warn(Layer root) {
        if (root.seenAsPart) {
            return;
        }
        List<Layer> layers = Members.layers(root);
        List<Layer> suspects = layers.stream()
                .filter(layer -> !FIELDS.get(layer.getClass()).isEmpty())
                .toList();
        if (suspects.isEmpty()) {
            return;
        }
        layers.stream().skip(1).forEach(part -> part.seenAsPart = true);
        Set<Parameter> parameters = Members.allParameters(root);
        for (Layer layer : suspects) {
            Fields fields = FIELDS.get(layer.getClass());
            fields.open.removeIf(field -> isReported(layer, field, parameters));
            if (isReported(layer, fields.closed)) {
                fields.closed.clear();
            }
        }
    }

    /** Tells of a parameter that a layer's call uses without having registered it. */
    static void warn(Parameter parameter, Layer outer) {
        LOGGER.log(
                Level.WARNING,
                "layer {0}: a parameter {1} is used inside but not registered there, so it is left out of the layer''s"
                        + " parameters, saving and to(device); register it by parameter(...) in a layer class that is a child,"
                        + " or freeze it if it is not to be trained",
                Members.kind(outer),
                parameter.leaf().spec());
    }

    private static boolean isReported(Layer layer, Field field, Set<Parameter> parameters) {
        Object missing = new Search(layer, parameters).missing(value(field, layer), 0);
        if (missing != null) {
            LOGGER.log(
                    Level.WARNING,
                    "layer {0}: the field ''{1}'' holds a {2} that is not among the model''s parameters and won''t be trained;"
                            + " register it with {3}(\"{4}\", ...), or freeze it",
                    Members.kind(layer),
                    field.getName(),
                    missing instanceof Layer other ? Members.kind(other) : "Parameter",
                    missing instanceof Layer ? "child" : "parameter",
                    field.getName());
        }
        return missing != null;
    }

    /** Where values can't be seen, the numbers tell. */
    private static boolean isReported(Layer layer, Set<Field> closed) {
        int registered = layer.members.children.size() + layer.members.parameters.size();
        if (closed.size() <= registered) {
            return false;
        }
        LOGGER.log(
                Level.WARNING,
                "layer {0}: has the fields {1} for layers and parameters, but only {2} registered; which of them won''t be"
                        + " trained can''t be seen, as {3} doesn''t open {4} to dev.lanewise.nn; register each with child(...)"
                        + " or parameter(...), or freeze it",
                Members.kind(layer),
                closed.stream().map(Field::getName).sorted().toList(),
                registered,
                layer.getClass().getModule(),
                layer.getClass().getPackageName());
        return true;
    }

    private static @Nullable Object value(Field field, Object holder) {
        try {
            return field.get(holder);
        } catch (IllegalAccessException sealed) {
            return null;
        }
    }

    /** Looks for a layer or parameter that is not among a model's in what a layer's field holds. */
    private static final class Search {
        private final Layer layer;
        private final Set<Parameter> parameters;
        private int seen;

        Search(Layer layer, Set<Parameter> parameters) {
            this.layer = layer;
            this.parameters = parameters;
        }

        /** The first one that is missing, or null. */
        @Nullable
        Object missing(@Nullable Object held, int depth) {
            if (held == null || depth > DEPTH || seen++ > MOST) {
                return null;
            }
            return switch (held) {
                case Layer other -> hasOthers(other) ? other : null;
                case Parameter own -> own.isFrozen() || parameters.contains(own) ? null : own;
                case Object[] array -> missingIn(Arrays.asList(array), depth);
                // what a user's own collection does when it is iterated is not known
                case Collection<?> all -> isOfJava(all) ? missingIn(all, depth) : null;
                case Map<?, ?> map -> isOfJava(map) ? missingIn(map.values(), depth) : null;
                case Optional<?> some -> missing(some.orElse(null), depth + 1);
                default -> missingIn(held, depth);
            };
        }

        private static boolean isOfJava(Object container) {
            return container.getClass().getName().startsWith("java.");
        }

        private @Nullable Object missingIn(Collection<?> all, int depth) {
            try {
                for (Object one : all) {
                    Object missing = missing(one, depth + 1);
                    if (missing != null || seen > MOST) {
                        return missing;
                    }
                }
            } catch (ConcurrentModificationException another) {
                // another thread fills it; the next time tells
                return null;
            }
            return null;
        }

        private @Nullable Object missingIn(Object holder, int depth) {
            for (Field field : FIELDS.get(holder.getClass()).open) {
                Object missing = missing(value(field, holder), depth + 1);
                if (missing != null) {
                    return missing;
                }
            }
            return null;
        }

        /** Whether another layer, unless it contains this one, has parameters that are trained and not the model's. */
        private boolean hasOthers(Layer other) {
            List<Layer> parts = Members.layers(other);
            return !parts.contains(layer)
                    && parts.stream()
                            .flatMap(part -> part.members.parameters.values().stream())
                            .anyMatch(parameter -> !parameter.isFrozen() && !parameters.contains(parameter));
        }
    }
}
