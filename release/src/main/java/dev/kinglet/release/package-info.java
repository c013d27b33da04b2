/** The bundle of a release: packed from what the build staged, and checked as Maven Central does. */
@NullMarked
package dev.kinglet.release;

import org.jspecify.annotations.NullMarked;
