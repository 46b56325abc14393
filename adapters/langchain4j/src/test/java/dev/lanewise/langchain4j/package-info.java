@NullMarked
package dev.lanewise.langchain4j;

import org.jspecify.annotations.NullMarked;
