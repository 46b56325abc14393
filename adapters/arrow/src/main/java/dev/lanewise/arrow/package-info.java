/** Arrow files and streams as data sets, read by Arrow's own library. */
@NullMarked
package dev.lanewise.arrow;

import org.jspecify.annotations.NullMarked;
