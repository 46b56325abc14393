/** Boxes in images: how they overlap, which of them to keep, and what a feature map shows inside. */
@NullMarked
package dev.lanewise.nn.detection;

import org.jspecify.annotations.NullMarked;
