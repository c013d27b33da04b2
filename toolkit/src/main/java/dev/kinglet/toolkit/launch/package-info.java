/**
 * Processes that train one network together: started on this machine, watched, and started again from the last checkpoint
 * where one fails.
 */
package dev.kinglet.toolkit.launch;
