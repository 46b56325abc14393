import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Tensor;

/** One step of training that must make the loss smaller. */
public final class Step {
    private Step() {}

    public static void main(String[] args) {
        var model = new Linear(3, 2);
        var optimizer = new Sgd(model.parameters(), 0.1);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Tensor y = Tensor.of(new long[] {0, 1});
        Tensor loss = model.forward(x).crossEntropy(y);
        optimizer.step(Autograd.gradients(loss));
        double after = model.forward(x).crossEntropy(y).item();
        if (!(after < loss.item())) {
            throw new IllegalStateException("the loss went from " + loss.item() + " to " + after);
        }
        System.out.println(loss.item() + " -> " + after);
    }
}
