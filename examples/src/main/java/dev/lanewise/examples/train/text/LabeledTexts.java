package dev.lanewise.examples.train.text;

import java.util.List;

/**
 * Lines of text with a class each.
 *
 * @param labels indices into {@code classes}, one per line
 */
public record LabeledTexts(List<String> lines, int[] labels, List<String> classes) {}
