kubectl delete ksvc report
