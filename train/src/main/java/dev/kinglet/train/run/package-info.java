/**
 * The records of a run: its folder with configuration, checkpoints and weights, its log, the events for TensorBoard, the
 * contact sheets and the report.
 *
 * <pre>{@code
 * RunFolder run = RunFolder.open(Path.of("runs/peleenet-20260101-120000"));
 * run.results().forEach(System.out::println);
 * }</pre>
 */
package dev.kinglet.train.run;
