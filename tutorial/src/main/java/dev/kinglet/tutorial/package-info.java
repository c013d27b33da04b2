/**
 * Programs that train, on {@code kinglet-toolkit} alone. They go on where the module {@code examples} ends:
 *
 * <ol start="4">
 *   <li>{@link dev.kinglet.tutorial.TrainFromJava}: train, evaluate, export, classify
 *   <li>{@link dev.kinglet.tutorial.FineTune}: weights that others trained, for other classes
 *   <li>{@link dev.kinglet.tutorial.OwnNetwork}: a network that is not in the zoo
 *   <li>{@link dev.kinglet.tutorial.OwnRewrite}: a change of a network before its export
 * </ol>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.tutorial;
