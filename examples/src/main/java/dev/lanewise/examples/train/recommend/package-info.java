/** The trainer of recommenders. */
@NullMarked
package dev.lanewise.examples.train.recommend;

import org.jspecify.annotations.NullMarked;
