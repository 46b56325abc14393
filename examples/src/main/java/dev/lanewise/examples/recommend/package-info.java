/** Examples of recommenders. */
@NullMarked
package dev.lanewise.examples.recommend;

import org.jspecify.annotations.NullMarked;
