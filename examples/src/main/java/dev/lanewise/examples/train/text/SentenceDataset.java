package dev.lanewise.examples.train.text;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.text.Sequences;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Sentences of different length: a batch is as long as its longest sentence, the others are padded with 0.
 *
 * @param sentences the words' numbers, one or more words per sentence
 * @param labels the classes
 * @param mostWords longer sentences are cut at the end
 */
record SentenceDataset(List<int[]> sentences, int[] labels, int mostWords) implements Dataset {
    @Override
    public long size() {
        return labels.length;
    }

    @Override
    public Batch batch(long[] indices) {
        List<int[]> chosen = Arrays.stream(indices)
                .mapToObj(i -> sentences.get(Math.toIntExact(i)))
                .toList();
        int longest =
                chosen.stream().mapToInt(sentence -> sentence.length).max().orElse(1);
        int length = Math.min(longest, mostWords);
        long[] words = Sequences.pad(chosen, length, 0);
        long[] classes =
                Arrays.stream(indices).map(i -> labels[Math.toIntExact(i)]).toArray();
        return new Batch(Tensor.of(words, indices.length, length), Tensor.of(classes, indices.length));
    }
}
