package dev.lanewise.nn.prune;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.AvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Identity;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.spatial.Upsample;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the units of a model. */
final class UnitSearch {
    private final Map<String, Units> found = new LinkedHashMap<>();
    private final Set<Tensor> shared = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Layer> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    // the layer that a chain of neighbours began with, and what follows it
    private @Nullable Layer producer;
    private String producerName = "";
    private List<BatchNorm> norms = new ArrayList<>();
    private boolean flat;

    private UnitSearch(Layer model) {
        Set<Tensor> once = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Tensor tensor : model.stateDict().values()) {
            if (!once.add(tensor)) {
                shared.add(tensor);
            }
        }
    }

    static Map<String, Units> of(Layer model) {
        UnitSearch search = new UnitSearch(model);
        search.visit("", model);
        return Collections.unmodifiableMap(search.found);
    }

    private void visit(String name, Layer layer) {
        if (!seen.add(layer)) {
            return;
        }
        if (layer instanceof Prunable prunable) {
            prunable.units().forEach(units -> add(prefix(name) + units.name(), units));
        }
        if (layer instanceof Sequential chain) {
            follow(name, chain);
            end();
        } else {
            layer.children().forEach((child, inner) -> visit(prefix(name) + child, inner));
        }
    }

    private static String prefix(String name) {
        return name.isEmpty() ? "" : name + '.';
    }

    private void add(String name, Units units) {
        boolean own = units.slices().stream()
                .noneMatch(some -> shared.contains(some.parameter().leaf()));
        if (own && units.count() > 0) {
            found.put(name, units);
        }
    }

    /** Neighbours, also those in chains inside chains. */
    private void follow(String name, Sequential chain) {
        chain.children().forEach((child, layer) -> {
            String own = prefix(name) + child;
            if (layer instanceof Sequential inner) {
                seen.add(inner);
                follow(own, inner);
            } else {
                step(own, layer);
            }
        });
    }

    private void step(String name, Layer layer) {
        if (layer instanceof WeightLayer linear) {
            // a convolution's result has channels before rows and columns: only once flat does a linear layer read them
            long in = linear.in();
            boolean reads = producer instanceof WeightLayer before
                    ? before.out() == in
                    : producer instanceof Conv2d conv && flat && in % out(conv) == 0;
            join(name, linear, reads);
        } else if (layer instanceof Conv2d conv && conv.groups() == 1) {
            join(name, conv, producer instanceof Conv2d before && !flat && out(before) == in(conv));
        } else if (layer instanceof BatchNorm norm && normalizes(norm)) {
            norms.add(norm);
        } else if (layer instanceof Flatten flatten && flatten.isAllButFirst()) {
            flat = true;
        } else if (!isElementwise(layer)) {
            end();
            visit(name, layer);
        }
    }

    private boolean normalizes(BatchNorm norm) {
        return producer instanceof Conv2d conv
                ? !flat && norm.channels() == out(conv)
                : producer instanceof WeightLayer linear && norm.channels() == linear.out();
    }

    /** Whether a layer leaves units where they are. */
    private static boolean isElementwise(Layer layer) {
        return layer instanceof Activation activation && activation.isElementwise()
                || layer instanceof ReLU
                || layer instanceof Dropout
                || layer instanceof Identity
                || layer instanceof MaxPool2d
                || layer instanceof AvgPool2d
                || layer instanceof AdaptiveAvgPool2d
                || layer instanceof Upsample;
    }

    private static long in(Conv2d conv) {
        return conv.weight().leaf().shape().size(1);
    }

    private static long out(Conv2d conv) {
        return conv.weight().leaf().shape().size(0);
    }

    private void join(String name, Layer layer, boolean reads) {
        Layer before = producer;
        if (before != null && reads) {
            add(producerName, Units.between(producerName, before, layer, norms.toArray(BatchNorm[]::new)));
        }
        end();
        producer = layer;
        producerName = name;
    }

    private void end() {
        producer = null;
        norms = new ArrayList<>();
        flat = false;
    }
}
