kubectl create service externalname prices --external-name prices.warehouse.svc.cluster.local
