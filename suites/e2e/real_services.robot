*** Settings ***
Documentation       Real AI providers and services, within a budget: theodore test e2e --include-real-services --environment FILE.
Metadata            Scenario    real_services

Library             TheodoreLibrary

Test Tags           area:real-services    control:SOC2-PI1.3    real-services    scenario:real_services


*** Test Cases ***
OpenAI Completes
    [Documentation]    A short text is read into a JSON object of the right shape.
    Real Provider Should Complete    openai

OpenAI Embeds
    [Documentation]    Embeddings have the declared dimensions, and related texts are nearer.
    Real Provider Should Embed    openai

Gemini Completes
    [Documentation]    A short text is read into a JSON object of the right shape.
    Real Provider Should Complete    gemini

Gemini Embeds
    [Documentation]    Embeddings have the declared dimensions, and related texts are nearer.
    Real Provider Should Embed    gemini

Bedrock Completes
    [Documentation]    A short text is read into a JSON object of the right shape.
    Real Provider Should Complete    bedrock

Bedrock Embeds
    [Documentation]    Embeddings have the declared dimensions, and related texts are nearer.
    Real Provider Should Embed    bedrock

Research Through Real Services
    [Documentation]    One research goes through real search, pages, provider and vector store, below the sum that may be spent.
    Real Services Should Research    Stripe

Discovery Through Real Services
    [Documentation]    One discovery searches the real web, below the sum that may be spent.
    Real Services Should Discover    Stripe
