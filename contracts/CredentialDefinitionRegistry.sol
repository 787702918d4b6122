// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAuthorization} from "./interfaces/IAuthorization.sol";
import {ICredentialDefinitionRegistry} from "./interfaces/ICredentialDefinitionRegistry.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IResourceRegistry} from "./interfaces/IResourceRegistry.sol";
import {ISchemaRegistry} from "./interfaces/ISchemaRegistry.sol";
import {Authorization} from "./libraries/Authorization.sol";
import {Resources} from "./libraries/Resources.sol";

/// @title CredentialDefinitionRegistry
/// @notice Immutable AnonCreds definitions of issuer DIDs, described in ICredentialDefinitionRegistry.
contract CredentialDefinitionRegistry is ICredentialDefinitionRegistry, EIP712, Nonces {
    using Authorization for IDidRegistry;
    using Resources for mapping(bytes32 key => Resources.Head head);
    using Resources for string;
    using Resources for uint8;

    bytes32 private constant DELEGATE_TYPE = "schema";
    uint8 private constant REV_REG_DEF = 2;

    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterDefinition(uint8 kind,address issuer,bytes32 parentKey,string tag,"
        "bytes content,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DEACTIVATE_TYPEHASH =
        keccak256("Deactivate(bytes32 key,uint256 nonce,uint256 deadline)");

    /*//////////////////////////////////////////////////////////////
                              STATE
    //////////////////////////////////////////////////////////////*/

    IDidRegistry private immutable _didRegistry;
    ISchemaRegistry private immutable _schemaRegistry;
    mapping(bytes32 key => Resources.Head head) private _heads;

    constructor(
        IDidRegistry didRegistry_,
        ISchemaRegistry schemaRegistry_
    ) EIP712("CredentialDefinitionRegistry", "1") {
        _didRegistry = didRegistry_;
        _schemaRegistry = schemaRegistry_;
    }

    /*//////////////////////////////////////////////////////////////
                              WRITES
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialDefinitionRegistry
    function register(Registration calldata registration) external returns (bytes32 key) {
        return _register(registration, msg.sender);
    }

    /// @inheritdoc ICredentialDefinitionRegistry
    function registerBatch(Registration[] calldata registrations) external returns (bytes32[] memory keys) {
        keys = new bytes32[](registrations.length);
        for (uint256 i; i < registrations.length; ++i) keys[i] = _register(registrations[i], msg.sender);
    }

    /// @inheritdoc ICredentialDefinitionRegistry
    function registerSigned(
        Registration calldata registration,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 key) {
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTER_TYPEHASH,
                registration.kind,
                registration.issuer,
                registration.parentKey,
                keccak256(bytes(registration.tag)),
                keccak256(registration.content),
                _useNonce(signer),
                deadline
            )
        );
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
        return _register(registration, signer);
    }

    /// @inheritdoc IResourceRegistry
    function deactivate(bytes32 key) external {
        _deactivate(key, msg.sender);
    }

    /// @inheritdoc IResourceRegistry
    function deactivateSigned(bytes32 key, uint256 deadline, address signer, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(DEACTIVATE_TYPEHASH, key, _useNonce(signer), deadline));
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
        _deactivate(key, signer);
    }

    /*//////////////////////////////////////////////////////////////
                              READS
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IAuthorization
    function didRegistry() external view returns (address) {
        return address(_didRegistry);
    }

    /// @inheritdoc ICredentialDefinitionRegistry
    function schemaRegistry() external view returns (address) {
        return address(_schemaRegistry);
    }

    /// @inheritdoc IResourceRegistry
    function nonces(address signer) public view override(IResourceRegistry, Nonces) returns (uint256) {
        return super.nonces(signer);
    }

    /// @inheritdoc ICredentialDefinitionRegistry
    function head(bytes32 key) external view returns (Head memory) {
        Resources.Head memory stored = _heads[key];
        return Head({
            issuer: stored.issuer,
            blockNumber: stored.blockNumber,
            timestamp: stored.timestamp,
            length: stored.length,
            active: stored.flags.has(Resources.ACTIVE),
            kind: stored.flags.has(REV_REG_DEF) ? DefinitionKind.RevRegDef : DefinitionKind.ClaimDef,
            digest: stored.digest
        });
    }

    /// @inheritdoc ICredentialDefinitionRegistry
    function keyOf(
        DefinitionKind kind,
        address issuer,
        bytes32 parentKey,
        string calldata tag
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(kind, issuer, parentKey, tag));
    }

    /*//////////////////////////////////////////////////////////////
                            INTERNALS
    //////////////////////////////////////////////////////////////*/

    function _register(Registration calldata registration, address actor) private returns (bytes32 key) {
        address issuer = registration.issuer;
        _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);
        registration.tag.requirePart();
        bool isClaimDef = registration.kind == DefinitionKind.ClaimDef;
        if (isClaimDef) _requireSchema(registration.parentKey, issuer);
        else _requireClaimDef(registration.parentKey, issuer);

        key = keyOf(registration.kind, issuer, registration.parentKey, registration.tag);
        bytes32 digest = _heads.create(key, issuer, registration.content, isClaimDef ? 0 : REV_REG_DEF);

        emit DefinitionRegistered(
            key, issuer, registration.parentKey, registration.kind, registration.tag, digest, registration.content
        );
    }

    function _deactivate(bytes32 key, address actor) private {
        address issuer = _heads.requireActive(key);
        _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);

        _heads.deactivate(key);
        emit DefinitionDeactivated(key, issuer);
    }

    function _requireSchema(bytes32 schemaKey, address issuer) private view {
        (address owner, ISchemaRegistry.SchemaKind kind, bool active, bool restricted) =
            _schemaRegistry.stateOf(schemaKey);
        if (owner == address(0)) revert UnknownKey(schemaKey);
        if (kind != ISchemaRegistry.SchemaKind.AnonCreds) revert InvalidParentKind(schemaKey);
        if (!active) revert KeyDeactivated(schemaKey);
        if (restricted && !_schemaRegistry.isAllowed(schemaKey, issuer)) {
            revert ParentNotAllowed(schemaKey, issuer);
        }
    }

    function _requireClaimDef(bytes32 claimDefKey, address issuer) private view {
        address owner = _heads.requireIssuer(claimDefKey);
        if (_heads[claimDefKey].flags.has(REV_REG_DEF)) revert InvalidParentKind(claimDefKey);
        if (owner != issuer) revert ParentNotAllowed(claimDefKey, issuer);
        _heads.requireActive(claimDefKey);
    }
}
