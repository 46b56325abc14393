/** The operations of a model's forward pass as a graph, for people to look at. */
@NullMarked
package dev.lanewise.nn.graph;

import org.jspecify.annotations.NullMarked;
