/**
 * Models of LangChain4j that Lanewise computes in the same process: {@link
 * dev.lanewise.langchain4j.LanewiseEmbeddingModel} turns texts into vectors, {@link
 * dev.lanewise.langchain4j.LanewiseScoringModel} says how well texts answer a question.
 */
@NullMarked
package dev.lanewise.langchain4j;

import org.jspecify.annotations.NullMarked;
