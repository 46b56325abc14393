package org.example.ranker;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ServingModel;
import dev.lanewise.tensor.Tensor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Scores of offers, from a model that answers in this process and to clients of the Open Inference Protocol. */
@SpringBootApplication
public class RankerApplication {
    /** Starts the application. */
    public static void main(String[] args) {
        SpringApplication.run(RankerApplication.class, args);
    }

    /** The model; another application would load its weights from a file. */
    @Bean
    ServingModel ranker() {
        Linear score = new Linear(3, 1);
        score.parameters().get(0).set(Tensor.of(new float[] {2, -1, 0.5f}, 1, 3));
        score.parameters().get(1).set(Tensor.of(new float[] {10}, 1));
        return new ServingModel(score);
    }
}
