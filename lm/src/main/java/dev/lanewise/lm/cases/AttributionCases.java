package dev.lanewise.lm.cases;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.explain.Attributions;
import dev.lanewise.nn.explain.Attributions.Noise;
import dev.lanewise.nn.explain.Attributions.Rule;
import dev.lanewise.nn.explain.GradCam;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a model's answers rest on. */
final class AttributionCases implements CaseFolder.Part {
    private static final double TOLERANCE = 1e-4;

    AttributionCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            if (file.toString().endsWith(".safetensors")) {
                Stored stored = Stored.read(file);
                int steps = stored.json("case").need("steps").index();
                report.guarded("cnn", () -> convolutions(new Check("cnn", stored, report, steps)));
                report.guarded("mlp", () -> {
                    Check c = new Check("mlp", stored, report, steps);
                    Sequential model = new Sequential(
                            linear(c, 0), Activation.tanh(), linear(c, 2), Activation.gelu(), linear(c, 4));
                    gradients(c, loaded(c, model));
                    c.close("occlusion", new Attributions(model).occlusion(c.x(), c.classes(), new long[] {1}, 0));
                });
            }
        }
    }

    /** The stored tensors of one model. */
    private record Check(String name, Stored stored, Report report, int steps) {
        Tensor get(String what) {
            return stored.get(name + '/' + what);
        }

        Tensor x() {
            return get("x");
        }

        Tensor classes() {
            return get("target");
        }

        void close(String what, Tensor got) {
            report.close(name + '/' + what, got, get(what), TOLERANCE);
        }
    }

    private static Linear linear(Check c, int place) {
        Tensor weight = c.get("weights/" + place + ".weight");
        return new Linear(weight.shape().size(1), weight.shape().size(0));
    }

    private static Conv2d convolution(Check c, int place) {
        Tensor weight = c.get("weights/" + place + ".weight");
        return new Conv2d(weight.shape().size(1), weight.shape().size(0), 3, 1, 1);
    }

    private static Sequential loaded(Check c, Sequential model) {
        String prefix = c.name + "/weights/";
        Map<String, Tensor> state = new TreeMap<>();
        for (String name : c.stored.names()) {
            if (name.startsWith(prefix)) {
                state.put(name.substring(prefix.length()), c.stored.get(name));
            }
        }
        model.loadStateDict(state);
        model.eval();
        return model;
    }

    private static Sequential network(Check c, Layer first, Layer second) {
        return loaded(
                c,
                new Sequential(
                        convolution(c, 0),
                        first,
                        new MaxPool2d(2),
                        convolution(c, 3),
                        second,
                        new Flatten(),
                        linear(c, 6)));
    }

    private static void convolutions(Check c) {
        Sequential model = network(c, new ReLU(), new ReLU());
        gradients(c, model);
        Attributions attributions = new Attributions(model);
        long channels = c.x().shape().size(1);
        c.close(
                "occlusion",
                attributions
                        .occlusion(c.x(), c.classes(), new long[] {channels, 2, 2}, 0)
                        .squeeze(1));
        GradCam cam = GradCam.of(x -> through(model, 0, 5, x), x -> through(model, 5, 7, x), c.x(), c.classes());
        c.close("grad_cam/activations", cam.maps());
        c.close("grad_cam/weights", cam.weights());
        c.close("grad_cam/out", cam.map());
        c.close(
                "grad_cam/upsampled",
                cam.upsampled(c.x().shape().size(2), c.x().shape().size(3)));
        Sequential guided = network(c, new Lambda(Attributions::guidedRelu), new Lambda(Attributions::guidedRelu));
        c.close("guided_backpropagation", new Attributions(guided).gradient(c.x(), c.classes()));
    }

    private static Tensor through(Sequential model, int from, int to, Tensor x) {
        Tensor y = x;
        for (int i = from; i < to; i++) {
            y = model.get(i).forward(y);
        }
        return y;
    }

    private static void gradients(Check c, Layer model) {
        Attributions attributions = new Attributions(model);
        Tensor x = c.x();
        Tensor classes = c.classes();
        c.close("logits", model.forward(x));
        c.close("gradient", attributions.gradient(x, classes));
        c.close("saliency", attributions.saliency(x, classes));
        c.close("input_x_gradient", attributions.inputTimesGradient(x, classes));
        for (Rule rule : Rule.values()) {
            String name = rule.name().toLowerCase(Locale.ROOT).replace("_", "");
            c.close("integrated_gradients/" + name, attributions.integratedGradients(x, classes, rule, c.steps));
        }
        c.close(
                "integrated_gradients_baseline/middle",
                attributions.integratedGradients(x, c.get("baseline"), classes, Rule.MIDDLE, c.steps));
        Tensor noise = c.get("smoothgrad/noise");
        c.close("smoothgrad/out", attributions.smoothGrad(x, classes, noise, Noise.MEAN));
        c.close("smoothgrad/squared", attributions.smoothGrad(x, classes, noise, Noise.SQUARED));
        c.close("smoothgrad/variance", attributions.smoothGrad(x, classes, noise, Noise.VARIANCE));
        Tensor difference = model.forward(x)
                .sub(model.forward(x.zerosLike()))
                .gather(1, classes.unsqueeze(1))
                .squeeze(1);
        c.close("completeness", difference);
    }
}
