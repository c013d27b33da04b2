/**
 * Programs that train and serve, on {@code kinglet-toolkit} and {@code kinglet-serve}. They go on where the module {@code
 * examples} ends:
 *
 * <ol start="3">
 *   <li>{@link dev.kinglet.tutorial.TrainFromJava}: train, evaluate, export, classify
 *   <li>{@link dev.kinglet.tutorial.FineTune}: published weights, for other classes
 *   <li>{@link dev.kinglet.tutorial.OwnNetwork}: a network that is not in the zoo
 *   <li>{@link dev.kinglet.tutorial.OwnRewrite}: a change of a network before its export
 *   <li>{@link dev.kinglet.tutorial.QuantizeToInt8}: a file of a quarter of the size
 *   <li>{@link dev.kinglet.tutorial.ServeModel}: HTTP and gRPC
 * </ol>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.tutorial;
