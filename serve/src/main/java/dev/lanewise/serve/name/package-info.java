/** What models and versions are called, and which version is the newest. */
@NullMarked
package dev.lanewise.serve.name;

import org.jspecify.annotations.NullMarked;
