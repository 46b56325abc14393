@NullMarked
package dev.lanewise.lm.adapter;

import org.jspecify.annotations.NullMarked;
