// Most tests here wait for a Consul and not for a processor.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
