/** Memory stands for CPU: 8 GiB and more is 100 %. CC: task_cpu_weight_calculator.rb, cpu_weight_min_memory 128 */
export function cpuWeight(memoryMb: number): number {
  return Math.max(1, Math.floor((100 * Math.min(8192, Math.max(128, memoryMb))) / 8192));
}
