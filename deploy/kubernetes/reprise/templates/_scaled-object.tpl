{{/*
As many executors as hold what waits and what runs. Waiting attempts alone would take away executors in the middle of long handlers:
a queue is empty while all of them are busy. Only Prometheus knows both. The zero is there while a monitor leads and its queues have
nothing to say; without one the query has no answer, and KEDA keeps to `fallback` instead of believing in an empty queue.
*/}}
{{- define "reprise.scaledObject" -}}
{{- $root := .root -}}
{{- $of := .of -}}
{{- $own := printf "namespace=%q" $root.Release.Namespace -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "reprise.fullname" $root }}-{{ .component }}
  labels:
    {{- include "reprise.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  scaleTargetRef:
    name: {{ include "reprise.fullname" $root }}-{{ .component }}
  minReplicaCount: {{ $of.autoscaling.minReplicas | int }}
  maxReplicaCount: {{ $of.autoscaling.maxReplicas | int }}
  pollingInterval: {{ $of.autoscaling.pollingInterval | int }}
  cooldownPeriod: {{ $of.autoscaling.cooldownPeriod | int }}
  fallback:
    failureThreshold: 4
    replicas: {{ max (1 | int) ($of.replicas | default $of.autoscaling.minReplicas | int) }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: {{ $of.autoscaling.cooldownPeriod | int }}
          policies:
            - { type: Percent, value: 50, periodSeconds: 60 }
  triggers:
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $root.Values.keda.prometheusUrl | quote }}
        query: >-
          (sum(reprise_queue_depth{ {{- $own }},queue=~"{{ join "|" $of.queues | replace "." "\\\\." }}"})
          or 0 * max(reprise_leader{ {{- $own }},role="monitor"} == 1))
          + (sum(reprise_executor_slots{ {{- $own }},state="busy",reprise_executor="{{ $of.name }}"}) or vector(0))
        # What one executor holds.
        threshold: {{ $of.concurrency | int | toString | quote }}
        activationThreshold: "0"
        ignoreNullValues: "false"
      {{- with $root.Values.keda.authenticationRef }}
      authenticationRef:
        name: {{ . }}
      {{- end }}
{{- end -}}
