package dev.lanewise.nn;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Warns of fields of users' layers that hold a layer or parameter which is not among a model's when its parameters are
 * collected: an optimizer would not train it. Each field is reported once. A layer that is called without being listed is an
 * error anyway; this tells earlier.
 */
final class UnlistedFields {
    private static final Logger LOGGER = System.getLogger(UnlistedFields.class.getName());

    /** Layers of Lanewise list what they hold. */
    private static final String OWN = "dev.lanewise.";

    /** The fields of a class that are not reported yet; kept with the class, so that both can be unloaded. */
    private static final ClassValue<Set<Field>> FIELDS = new ClassValue<>() {
        @Override
        protected Set<Field> computeValue(Class<?> type) {
            return readable(type);
        }
    };

    private UnlistedFields() {}

    private static Set<Field> readable(Class<?> type) {
        Set<Field> fields = ConcurrentHashMap.newKeySet();
        for (Class<?> c = type; c != null && !c.getName().startsWith(OWN); c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                boolean holds = Layer.class.isAssignableFrom(field.getType()) || field.getType() == Parameter.class;
                // the fields of a named module that is not open stay unseen
                if (holds && !Modifier.isStatic(field.getModifiers()) && field.trySetAccessible()) {
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    /** Looks at all layers of a model. */
    static void warn(Layer root) {
        List<Layer> layers = Members.layers(root);
        List<Layer> suspects = layers.stream()
                .filter(layer -> !FIELDS.get(layer.getClass()).isEmpty())
                .toList();
        if (suspects.isEmpty()) {
            return;
        }
        Set<Parameter> parameters = new HashSet<>();
        layers.forEach(layer -> parameters.addAll(layer.members.parameters.values()));
        for (Layer layer : suspects) {
            Set<Field> fields = FIELDS.get(layer.getClass());
            fields.removeIf(field -> isReported(layer, field, parameters));
        }
    }

    private static boolean isReported(Layer layer, Field field, Set<Parameter> parameters) {
        Object held;
        try {
            held = field.get(layer);
        } catch (IllegalAccessException sealed) {
            return false;
        }
        boolean isMissing = held instanceof Layer other && hasOthers(other, parameters)
                || held instanceof Parameter own && !parameters.contains(own) && !own.isFrozen();
        if (isMissing) {
            String kind = held instanceof Layer other ? Members.kind(other) : "Parameter";
            LOGGER.log(
                    Level.WARNING,
                    "layer {0}: the field ''{1}'' holds a {2} that is not among the model''s parameters and won''t be trained;"
                            + " register it with {3}(\"{1}\", ...), or freeze it",
                    Members.kind(layer),
                    field.getName(),
                    kind,
                    held instanceof Layer ? "child" : "parameter");
        }
        return isMissing;
    }

    /** Whether a layer has parameters that are trained and not among the given ones. */
    private static boolean hasOthers(Layer layer, Set<Parameter> parameters) {
        return Members.layers(layer).stream()
                .flatMap(part -> part.members.parameters.values().stream())
                .anyMatch(parameter -> !parameter.isFrozen() && !parameters.contains(parameter));
    }
}
