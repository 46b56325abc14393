package org.example.ranker;

import dev.lanewise.nn.ServingModel;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The application's own use of the model, without a second server in between. */
@RestController
class ScoreController {
    private final ServingModel ranker;

    ScoreController(ServingModel ranker) {
        this.ranker = ranker;
    }

    record Offer(float price, float distance, float stars) {}

    record Score(float score) {}

    @PostMapping("/score")
    Score score(@RequestBody Offer offer) {
        try (var scope = Scope.open("score")) {
            Tensor features = Tensor.of(new float[] {offer.price(), offer.distance(), offer.stars()}, 1, 3);
            return new Score(ranker.predict(features).toFloatArray()[0]);
        }
    }
}
